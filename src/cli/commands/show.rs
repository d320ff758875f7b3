use laneway::contract::handoff::ReturnView;
use laneway::contract::review::VerdictView;
use laneway::contract::routing::RoutingView;
use laneway::contract::session::duration;
use laneway::contract::task::{RecordView, ShowView, TaskDetail};
use laneway::domain::id::TaskId;
use laneway::ops::artifact::return_of;
use laneway::ops::look::show;
use laneway::ops::routing::routing;

use super::{Context, attested, ledger_at};
use crate::cli::failure::Failure;
use crate::cli::render::{Table, safe};
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: the lane's]
    id: Option<TaskId>,
    /// Show the workstation that a claim would get, and why not another
    #[arg(long)]
    routing: bool,
    /// Print the return artifact: Markdown with YAML front matter; `handoff --from` reads it
    #[arg(long = "return", conflicts_with = "routing")]
    returned: bool,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let outcome = show(&site, args.id.as_ref())?;
    let mut view = ShowView::from(&outcome);
    if args.routing {
        let routed = RoutingView::from(&routing(&site, args.id.as_ref())?);
        let text = routing_text(&view.task, &routed, context.screen.width);
        view.routing = Some(routed);
        return Ok(Reply::new(&view, text).ledger(ledger_at(&site, outcome.tip)));
    }
    if args.returned {
        let document = return_of(&site, args.id.as_ref())?;
        let text = safe(&document.text);
        view.returned = Some(document.text);
        return Ok(Reply::new(&view, text).ledger(ledger_at(&site, outcome.tip)));
    }
    let text = text(&view.task);
    Ok(Reply::new(&view, safe(&text)).ledger(ledger_at(&site, outcome.tip)))
}

/// The decision, and every workstation that was looked at.
fn routing_text(detail: &TaskDetail, routed: &RoutingView, width: Option<u16>) -> String {
    let task = &detail.task;
    let mut page = Page(format!("{} {}\n", task.id, safe(&task.title)));
    page.some("type", task.task_type.as_ref());
    page.line(
        "for",
        routed.agent.as_deref().unwrap_or("nobody in particular"),
    );
    let map = if routed.enforced { "enforced" } else { "open" };
    page.line("map", map);
    page.line("strategy", &routed.strategy);
    let why = safe(&routed.why);
    match (&routed.workstation, &routed.agent) {
        (Some(name), _) => page.line("workstation", &format!("{name}: {why}")),
        (None, Some(_)) => page.line("workstation", &format!("none: {why}")),
        (None, None) => {}
    }
    if routed.candidates.is_empty() {
        return page.0;
    }
    let mut table = Table::new(
        &["workstation", "agents", "load", "verdict", "reason"],
        width,
    );
    for candidate in &routed.candidates {
        let limit = candidate.limit.map(|limit| format!("/{limit}"));
        let agents = match candidate.agents.as_slice() {
            [] => "-".to_owned(),
            names => names.join(", "),
        };
        table.row([
            candidate.workstation.clone(),
            agents,
            format!("{}{}", candidate.load, limit.unwrap_or_default()),
            candidate.verdict.replace('_', " "),
            candidate.reason.clone(),
        ]);
    }
    format!("{}\n{}", page.0, table.text())
}

/// The task in sections; what is empty is left out.
fn text(detail: &TaskDetail) -> String {
    let task = &detail.task;
    let mut page = Page(format!("{} {}\n", task.id, task.title));
    page.some("resolution", detail.resolution.as_ref());
    let landed = if detail.landed { ", landed" } else { "" };
    page.line("status", &format!("{}{landed}", task.status));
    page.line("role", &task.role);
    page.line("priority", &task.priority.to_string());
    page.some("type", task.task_type.as_ref());
    page.line("kind", &format!("{}, risk {}", detail.kind, detail.risk));
    page.some("evidence", detail.evidence.as_ref());
    page.some("pinned to", detail.pinned_lane.as_ref());
    page.some("not before", detail.not_before.as_ref());
    page.some("effort", detail.effort.as_ref());
    if detail.parked {
        page.line("parked", "until a person unparks it");
    }
    page.some("parent", detail.parent.as_ref());
    page.some("stage", detail.merge_stage.as_ref());
    page.line("planned on", &format!("the {}", detail.planned_on));
    if let Some(period) = &detail.archived {
        page.line("archived", &format!("in {period}"));
    }
    ownership(&mut page, detail);
    page.list("owned paths", &detail.owned_paths);
    page.list("forbidden paths", &detail.forbidden_paths);
    page.list("touches contracts at", &detail.contract_touchpoints);
    page.list("exclusive groups", &detail.exclusive);
    page.list("acceptance checks", &detail.acceptance_checks);
    let classed = detail.evidence_checks.iter();
    let classed = classed.flat_map(|(class, all)| all.iter().map(move |c| format!("{class}: {c}")));
    page.list("evidence checks", &classed.collect::<Vec<_>>());
    page.list("depends on", &task.depends_on);
    page.list("lands after", &detail.predecessors);
    page.list("waited for by", &detail.dependents);
    let unmet = detail.unmet.iter().map(|unmet| {
        let kind = if unmet.warning {
            "warning"
        } else {
            &unmet.gate
        };
        let hint = unmet.hint.as_ref();
        let hint = hint.map(|hint| format!("\n  hint: {hint}"));
        format!("{kind}: {}{}", unmet.message, hint.unwrap_or_default())
    });
    page.list("what stands against a claim", &unmet.collect::<Vec<_>>());
    let doubts = detail.doubts.iter().map(|doubt| {
        let record = doubt.record.map(|n| format!(" in record {n}"));
        let record = record.unwrap_or_default();
        format!("{}{record}: {}", doubt.reason, doubt.message)
    });
    page.list("doubts", &doubts.collect::<Vec<_>>());
    let notes = detail.notes.iter().map(|notes| notes.trim_end().to_owned());
    page.list("notes", &notes.collect::<Vec<_>>());
    let records = detail.records.iter().map(record);
    page.list("records", &records.collect::<Vec<_>>());
    page.0
}

fn ownership(page: &mut Page, detail: &TaskDetail) {
    if let Some(claim) = &detail.claim {
        page.line(
            "held by",
            &format!("{} on {}", claim.agent, claim.workstation),
        );
        page.line("lane", &format!("{}, branch {}", claim.lane, claim.branch));
        page.line(
            "until",
            &format!("{}, epoch {}", claim.expires_at, claim.epoch),
        );
    }
    if let Some(block) = &detail.block {
        let by = block.by.as_ref().map(|by| format!(" by {by}"));
        let since = format!("since {}", block.since);
        let by = by.unwrap_or_default();
        let hold = block.hold.as_ref();
        let hold = hold.map(|by| format!(", held up by {by}"));
        let by = format!("{by}{}", hold.unwrap_or_default());
        page.line("blocked", &format!("{since}{by}: {}", block.reason));
    }
    if !detail.sessions.is_empty() {
        let (count, time) = (detail.sessions.len(), duration(detail.worked_seconds));
        let word = if count == 1 { "session" } else { "sessions" };
        page.line("worked", &format!("{time} in {count} {word}"));
    }
    page.some("submitted", detail.submitted.as_ref());
    if let Some(review) = &detail.task.review {
        let by = match review.reviewers.as_slice() {
            [] => "anybody else who may review".to_owned(),
            roles => roles.join(", "),
        };
        let late = format!("{} since {}; by {by}", review.lateness, review.since);
        page.line("review", &late);
    }
    if let Some(done) = &detail.completion {
        page.line(
            "done",
            &format!("{} by {} on {}", done.at, done.agent, done.workstation),
        );
        page.line("commit", &done.commit);
    }
    if let Some(adopted) = &detail.adoption {
        let word = match adopted.on_word {
            true => ", on their word",
            false => "",
        };
        let done = format!(
            "before its import by {} at {}{word}",
            adopted.by, adopted.at
        );
        page.line("done", &done);
        page.line("commit", &adopted.commit);
    }
}

fn record(record: &RecordView) -> String {
    let RecordView {
        at, by, kind, text, ..
    } = record;
    // What other verbs name by its number is shown with it.
    let numbered = matches!(kind.as_str(), "note" | "session" | "exception");
    let number = numbered.then(|| format!(" #{}", record.n));
    let number = number.unwrap_or_default();
    let by = attested(by, record.level.as_deref());
    let mut shown = format!("{at} {kind}{number} by {by}: {}", text.trim_end());
    for check in &record.checks {
        let verdict = if check.passed { "passed" } else { "failed" };
        shown.push_str(&format!("\n  {verdict} {}", check.command));
    }
    if let Some(handoff) = &record.handoff {
        shown.push_str(&returned(handoff));
    }
    if let Some(review) = &record.review {
        shown.push_str(&judged(review));
    }
    if let Some(routing) = &record.routing {
        for passed in &routing.rejected {
            shown.push_str(&format!(
                "\n  not {}: {}",
                passed.workstation, passed.reason
            ));
        }
        for probe in &routing.readiness {
            let verdict = if probe.ready { "ready" } else { "not ready" };
            shown.push_str(&format!("\n  {verdict} {}: {}", probe.name, probe.detail));
        }
        for (name, value) in &routing.quota {
            shown.push_str(&format!("\n  quota {name}: {value}"));
        }
        if let Some(remote) = &routing.remote {
            shown.push_str(&format!("\n  handed over: {remote}"));
        }
    }
    shown
}

fn returned(handoff: &ReturnView) -> String {
    let mut lines: Vec<String> = Vec::new();
    let lists = [
        ("risk", &handoff.risks),
        ("not proven", &handoff.not_proven),
        ("outside the findings", &handoff.outside),
    ];
    for (name, items) in lists {
        lines.extend(items.iter().map(|item| format!("{name}: {item}")));
    }
    if let Some(cause) = &handoff.root_cause {
        let text = format!("root cause in {}: {}", cause.layer, cause.text);
        lines.push(format!("{text}; shown by `{}`", cause.proof));
    }
    indented(&lines)
}

fn judged(review: &VerdictView) -> String {
    let mut lines: Vec<String> = Vec::new();
    for found in &review.findings {
        lines.push(format!("{} {}: {}", found.severity, found.file, found.text));
        let more = [("impact", &found.impact), ("fix", &found.fix)];
        let more = more
            .into_iter()
            .filter_map(|(name, text)| Some((name, text.as_ref()?)));
        lines.extend(more.map(|(name, text)| format!("  {name}: {text}")));
    }
    lines.extend(
        review
            .residual
            .iter()
            .map(|risk| format!("residual: {risk}")),
    );
    lines.extend(
        review
            .approves
            .iter()
            .map(|path| format!("approves {path}")),
    );
    if review.design_only {
        lines.push("the design only".to_owned());
    }
    if let Some(workstation) = &review.workstation {
        lines.push(format!("judged on {workstation}"));
    }
    indented(&lines)
}

fn indented(lines: &[String]) -> String {
    lines.iter().map(|line| format!("\n  {line}")).collect()
}

/// Width of the names of single values.
const NAMES: usize = 12;

struct Page(String);

impl Page {
    fn line(&mut self, name: &str, value: &str) {
        self.0.push_str(&format!("  {name:NAMES$}{value}\n"));
    }

    fn some(&mut self, name: &str, value: Option<&String>) {
        if let Some(value) = value {
            self.line(name, value);
        }
    }

    fn list(&mut self, heading: &str, items: &[String]) {
        if items.is_empty() {
            return;
        }
        self.0.push_str(&format!("\n{heading}\n"));
        for item in items {
            for line in item.lines() {
                self.0.push_str(format!("  {line}").trim_end());
                self.0.push('\n');
            }
        }
    }
}
