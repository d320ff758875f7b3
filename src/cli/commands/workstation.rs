use laneway::contract::workstation::{
    RegistryEditView, StationActView, StationCheckView, StationListView, StationShowView,
};
use laneway::domain::id::WorkstationName;
use laneway::domain::workstation::{Readiness, StationAct, WorkstationLifecycle, WorkstationState};
use laneway::ops::workstation::{
    Attestation, NewStation, RegistryEdit, StationOutcome, StationRow, StationsOutcome, act, add,
    attest, check, list,
};

use super::{Context, diff, diff_of};
use crate::cli::args::DryRun;
use crate::cli::failure::Failure;
use crate::cli::render::{Table, safe};
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show all workstations, as registry and ledger have them
    List,
    /// Show everything about a workstation
    Show {
        /// The workstation
        name: WorkstationName,
    },
    /// Run the readiness probes here and now
    Check {
        /// The workstations
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        names: Vec<WorkstationName>,
        /// All of them
        #[arg(long)]
        all: bool,
    },
    /// Register a workstation in the working tree, for a commit to the target
    Add(AddArgs),
    /// Attest a licence in the working tree, for a commit to the target
    Attest(AttestArgs),
    /// Stop new claims, at once; claims that stand go on
    Quarantine(ActArgs),
    /// Stop new claims, for good
    Retire(ActArgs),
    /// Take claims again
    Restore(ActArgs),
}

#[derive(Debug, clap::Args)]
struct AddArgs {
    /// The workstation
    name: WorkstationName,
    /// A task type it takes; may be repeated [default: all]
    #[arg(long, value_name = "T")]
    task_type: Vec<String>,
    /// A host it runs on; may be repeated [default: any]
    #[arg(long, value_name = "H")]
    host: Vec<String>,
    /// Most tasks in progress at once
    #[arg(long, value_name = "N")]
    wip_limit: Option<u32>,
    /// Something it has, such as `docker`; may be repeated
    #[arg(long, value_name = "C")]
    capability: Vec<String>,
    /// It is for one claim only
    #[arg(long)]
    single_use: bool,
    /// A probe as in the registry, such as `name: db, tcp: 127.0.0.1:5432`; may be repeated
    #[arg(long, value_name = "YAML")]
    probe: Vec<String>,
    #[command(flatten)]
    dry: DryRun,
}

#[derive(Debug, clap::Args)]
struct AttestArgs {
    /// The workstation
    name: WorkstationName,
    /// The licence
    #[arg(long, value_name = "L")]
    license: String,
    /// It is not there
    #[arg(long)]
    unavailable: bool,
    /// How that was seen
    #[arg(long, value_name = "TEXT")]
    how: String,
    #[command(flatten)]
    dry: DryRun,
}

#[derive(Debug, clap::Args)]
struct ActArgs {
    /// The workstation
    name: WorkstationName,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    dry: DryRun,
}

impl Args {
    /// The words of the verb.
    pub fn name(&self) -> &'static str {
        match self.what {
            What::List => "workstation list",
            What::Show { .. } => "workstation show",
            What::Check { .. } => "workstation check",
            What::Add(_) => "workstation add",
            What::Attest(_) => "workstation attest",
            What::Quarantine(_) => "workstation quarantine",
            What::Retire(_) => "workstation retire",
            What::Restore(_) => "workstation restore",
        }
    }
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    match &args.what {
        What::List => run_list(context),
        What::Show { name } => run_show(context, name),
        What::Check { names, .. } => run_check(context, names),
        What::Add(args) => run_add(context, args),
        What::Attest(args) => run_attest(context, args),
        What::Quarantine(args) => run_act(context, args, StationAct::Quarantine),
        What::Retire(args) => run_act(context, args, StationAct::Retire),
        What::Restore(args) => run_act(context, args, StationAct::Restore),
    }
}

fn run_list(context: &Context<'_>) -> Result<Reply, Failure> {
    let all = list(&context.site()?, None)?;
    let text = table(&all, context.screen.width);
    Ok(Reply::new(&StationListView::from(&all), text))
}

fn table(all: &StationsOutcome, width: Option<u16>) -> String {
    if all.rows.is_empty() {
        return "no workstation is registered\n".to_owned();
    }
    let headings = [
        "name", "version", "scope", "state", "load", "types", "hosts", "licences",
    ];
    let mut table = Table::new(&headings, width);
    for row in &all.rows {
        let known = &row.known;
        let types: Vec<&str> = known.task_types.iter().map(|t| t.as_str()).collect();
        let hosts: Vec<&str> = known.hosts.iter().map(String::as_str).collect();
        table.row([
            row.name.to_string(),
            known.version.to_string(),
            row.scope.clone().unwrap_or_else(|| "-".to_owned()),
            state(row),
            load(row),
            or(&types, "all"),
            or(&hosts, "any"),
            or(&licenses(row, all), "-"),
        ]);
    }
    table.text()
}

fn or(items: &[impl AsRef<str>], otherwise: &str) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.as_slice() {
        [] => otherwise.to_owned(),
        items => items.join(", "),
    }
}

fn state(row: &StationRow) -> String {
    match (&row.used, row.standing) {
        (Some(used), WorkstationState::Ready) => format!("used for {}", used.task),
        (_, standing) => standing.to_string(),
    }
}

fn load(row: &StationRow) -> String {
    match row.known.wip_limit {
        Some(limit) => format!("{}/{limit}", row.work.len()),
        None => row.work.len().to_string(),
    }
}

/// Each licence with its age in days.
fn licenses(row: &StationRow, all: &StationsOutcome) -> Vec<String> {
    let told = row.known.licenses.iter().map(|license| {
        let name = &license.name;
        let age = license.attested_at.map(|at| {
            let days = (all.now.seconds() - at.seconds()) / 86_400;
            format!("{days}d")
        });
        let age = age.unwrap_or_else(|| "undated".to_owned());
        let old = |max| license.attested_at.is_none_or(|at| at.plus(max) < all.now);
        match (license.available, all.license_max_age.is_some_and(old)) {
            (false, _) => format!("{name} missing ({age})"),
            (true, true) => format!("{name} too old ({age})"),
            (true, false) => format!("{name} ({age})"),
        }
    });
    told.collect()
}

fn run_show(context: &Context<'_>, name: &WorkstationName) -> Result<Reply, Failure> {
    let all = list(&context.site()?, Some(name))?;
    let text = all
        .rows
        .iter()
        .map(|row| page(row, &all))
        .collect::<String>();
    let view = StationShowView::of(&all);
    Ok(Reply::new(&view, text))
}

fn page(row: &StationRow, all: &StationsOutcome) -> String {
    let known = &row.known;
    let types: Vec<&str> = known.task_types.iter().map(|t| t.as_str()).collect();
    let work: Vec<String> = row
        .work
        .iter()
        .map(|(task, agent)| format!("{task} ({agent})"))
        .collect();
    let probes: Vec<String> = known
        .probes
        .iter()
        .map(|probe| format!("{} ({})", probe.name, probe.kind))
        .collect();
    let mut lines = vec![format!("{}, version {}", row.name, known.version)];
    let mut put = |key: &str, value: String| lines.push(format!("  {key}: {value}"));
    put("state", state(row));
    if let Some(hold) = &row.hold {
        let held = format!(
            "{} since {} by {}: {}",
            hold.state, hold.at, hold.by, hold.reason
        );
        put("ledger", held);
    }
    if let Some(scope) = &row.scope {
        put("scope", scope.clone());
    }
    if known.lifecycle == WorkstationLifecycle::SingleUse {
        put("lifecycle", known.lifecycle.to_string());
    }
    put("load", load(row));
    put("work", or(&work, "none"));
    put("types", or(&types, "all"));
    put("hosts", or(&known.hosts, "any"));
    put("capabilities", or(&known.capabilities, "none"));
    put("licences", or(&licenses(row, all), "none"));
    put("probes", or(&probes, "none"));
    safe(&(lines.join("\n") + "\n"))
}

fn run_check(context: &Context<'_>, names: &[WorkstationName]) -> Result<Reply, Failure> {
    let seen = check(&context.site()?, names)?;
    let view = StationCheckView::from(seen.as_slice());
    let text = seen_table(&seen, context.screen.width);
    Ok(Reply::new(&view, text).negative(!view.ready))
}

fn seen_table(seen: &[Readiness], width: Option<u16>) -> String {
    let headings = ["workstation", "probe", "ready", "detail", "ms"];
    let mut table = Table::new(&headings, width);
    for station in seen {
        let name = station.workstation.to_string();
        if station.probes.is_empty() {
            let cells = [name.as_str(), "-", "yes", "no probes", "-"];
            table.row(cells.map(str::to_owned));
            continue;
        }
        for probe in &station.probes {
            let ready = if probe.ready { "yes" } else { "no" };
            table.row([
                name.clone(),
                probe.name.clone(),
                ready.to_owned(),
                probe.detail.clone(),
                probe.millis.to_string(),
            ]);
        }
    }
    table.text()
}

fn run_add(context: &Context<'_>, args: &AddArgs) -> Result<Reply, Failure> {
    let new = NewStation {
        name: args.name.clone(),
        task_types: args.task_type.clone(),
        hosts: args.host.clone(),
        wip_limit: args.wip_limit,
        capabilities: args.capability.clone(),
        lifecycle: args.single_use.then_some(WorkstationLifecycle::SingleUse),
        probes: args.probe.clone(),
    };
    Ok(edited(&add(&context.site()?, &new, args.dry.dry_run)?))
}

fn run_attest(context: &Context<'_>, args: &AttestArgs) -> Result<Reply, Failure> {
    let said = Attestation {
        name: args.name.clone(),
        license: args.license.clone(),
        available: !args.unavailable,
        how: args.how.clone(),
    };
    Ok(edited(&attest(&context.site()?, &said, args.dry.dry_run)?))
}

fn edited(edit: &RegistryEdit) -> Reply {
    let text = diff_of(std::slice::from_ref(&edit.change));
    let reply = Reply::new(&RegistryEditView::from(edit), text).confirms(edit.written);
    if edit.written {
        reply.note("written: it takes effect with a commit of this file to the target")
    } else {
        reply
    }
}

fn run_act(context: &Context<'_>, args: &ActArgs, what: StationAct) -> Result<Reply, Failure> {
    let site = context.site()?;
    let outcome = act(&site, &args.name, what, &args.reason, args.dry.dry_run)?;
    let text = told(&outcome);
    let reply = Reply::new(&StationActView::from(&outcome), text);
    Ok(reply.carried_out(&site, &outcome.mutation))
}

fn told(outcome: &StationOutcome) -> String {
    if !outcome.mutation.carried_out {
        return diff(&outcome.mutation);
    }
    let name = &outcome.name;
    match outcome.act {
        StationAct::Quarantine => {
            format!("quarantined {name}: no new claims; claims that stand go on\n")
        }
        StationAct::Retire => format!("retired {name}: no new claims, for good\n"),
        StationAct::Restore => format!("restored {name}\n"),
    }
}
