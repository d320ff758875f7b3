use laneway::contract::doctor::{AcceptedView, AilmentView, DoctorView};
use laneway::domain::id::RoleName;
use laneway::ops::accept::{self, Accepted, Named};
use laneway::ops::doctor::{Patient, examine};

use super::{Context, ledger_at, preflight};
use crate::cli::args::DryRun;
use crate::cli::failure::Failure;
use crate::cli::render::safe;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Repair what can be repaired; each repair is announced, and none discards work
    #[arg(long)]
    fix: bool,
    /// Go on with a ledger that was rewritten, as it stands: its commit, or `none`
    #[arg(long, value_name = "COMMIT", conflicts_with = "fix")]
    accept_ledger: Option<Named>,
    /// Go on with a target that was rewritten, as it stands; the ledger records it
    #[arg(long, value_name = "COMMIT", conflicts_with_all = ["fix", "accept_ledger"], requires = "reason")]
    accept_target: Option<Named>,
    /// Why the target was rewritten
    #[arg(long, value_name = "TEXT", requires = "accept_target")]
    reason: Option<String>,
    /// Say what stands between a role and a claim, and what it could claim now
    #[arg(long, conflicts_with_all = ["accept_ledger", "accept_target"])]
    role: Option<RoleName>,
    /// Leave the remote alone
    #[arg(long, requires = "role")]
    offline: bool,
    #[command(flatten)]
    dry_run: DryRun,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    if let Some(role) = &args.role {
        let fix = args.fix && !args.dry_run.dry_run;
        return preflight::run(context, role, fix, args.offline);
    }
    let accepted = accept(context, args)?;
    let patient = Patient::of(context.env, context.global.site())?;
    let fix = args.fix && !args.dry_run.dry_run;
    let mut views = Vec::new();
    for finding in examine(&patient) {
        let plan = finding.plan().filter(|_| fix);
        let mended = plan.and_then(|plan| {
            let line = format!("{} {}: {plan}", finding.ailment, finding.place);
            context.screen.announce(&line);
            finding.repair(&patient)
        });
        views.push(AilmentView::of(&finding, mended.as_ref()));
    }
    let mut view = DoctorView::of(views);
    view.accepted = accepted.as_ref().map(AcceptedView::from);
    let mut said = view.accepted.as_ref().map_or_else(String::new, told);
    said.push_str(&text(&view, fix));
    let reply = Reply::new(&view, safe(&said)).negative(view.left > 0);
    Ok(match &patient.ledger {
        Ok(site) => reply.ledger(ledger_at(site, site.ledger.tip().ok().flatten())),
        Err(_) => reply,
    })
}

/// Accepts what the arguments name, before anything is examined.
fn accept(context: &Context<'_>, args: &Args) -> Result<Option<Accepted>, Failure> {
    if let Some(named) = &args.accept_ledger {
        if args.dry_run.dry_run {
            let message = "`--accept-ledger` changes a memory of this clone and has no rehearsal";
            return Err(Failure::usage(message));
        }
        let options = context.global.site();
        return Ok(Some(accept::ledger(context.env, &options, named)?));
    }
    let (Some(named), Some(reason)) = (&args.accept_target, &args.reason) else {
        return Ok(None);
    };
    let site = context.site()?;
    let accepted = accept::target(&site, named, reason, args.dry_run.dry_run)?;
    Ok(Some(accepted))
}

fn told(accepted: &AcceptedView) -> String {
    let now = accepted.now.as_deref().unwrap_or("nothing");
    if !accepted.carried_out {
        let before = accepted.before.as_deref().unwrap_or("nothing");
        return format!(
            "would accept {} at {now} in place of {before}\n",
            accepted.name
        );
    }
    let kept = match (&accepted.kept, &accepted.before) {
        (Some(kept), _) => format!("what it was before is kept in {kept}"),
        (None, Some(before)) => format!("what it was before, {before}, is not here to be kept"),
        (None, None) => "nothing was seen of it before".to_owned(),
    };
    let name = &accepted.name;
    format!("accepted {name} at {now}; {kept}\n")
}

fn text(view: &DoctorView, fix: bool) -> String {
    let mut text = String::new();
    for one in &view.findings {
        let AilmentView {
            severity,
            ailment,
            place,
            what,
            why,
            ..
        } = one;
        text.push_str(&format!("{severity} {ailment}: {place}\n  {what}: {why}\n"));
        let outcome = [
            ("fixed", &one.fixed),
            ("kept", &one.kept),
            ("repair", &one.repair),
            ("remedy", &one.remedy),
        ];
        if let Some((word, Some(said))) = outcome.iter().find(|(_, said)| said.is_some()) {
            text.push_str(&format!("  {word}: {said}\n"));
        }
    }
    text.push_str(&summary(view, fix));
    text
}

fn summary(view: &DoctorView, fix: bool) -> String {
    let left = match (view.left, view.fixed) {
        (0, 0) => "nothing is wrong".to_owned(),
        (0, fixed) => format!("{fixed} fixed, nothing is wrong any more"),
        (1, 0) => "1 thing is wrong".to_owned(),
        (left, 0) => format!("{left} things are wrong"),
        (left, fixed) => format!("{fixed} fixed, {left} left"),
    };
    let can = view.findings.iter().any(|one| one.repair.is_some());
    let next = match (can && !fix, view.left) {
        (false, _) => "",
        (true, 0) => "; `laneway doctor --fix` tidies up",
        (true, _) => "; `laneway doctor --fix` does the repairs",
    };
    format!("{left}{next}\n")
}
