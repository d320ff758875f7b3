use laneway::contract::doctor::{AilmentView, DoctorView};
use laneway::ops::doctor::{Patient, examine};

use super::{Context, ledger_at};
use crate::cli::args::DryRun;
use crate::cli::failure::Failure;
use crate::cli::render::safe;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Repair what can be repaired; each repair is announced, and none discards work
    #[arg(long)]
    fix: bool,
    #[command(flatten)]
    dry_run: DryRun,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
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
    let view = DoctorView::of(views);
    let reply = Reply::new(&view, safe(&text(&view, fix))).negative(view.left > 0);
    Ok(match &patient.ledger {
        Ok(site) => reply.ledger(ledger_at(site, site.ledger.tip().ok().flatten())),
        Err(_) => reply,
    })
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
