//! `doctor --role`: a part of `doctor`, with an answer of its own.

use laneway::contract::doctor::DoctorView;
use laneway::contract::preflight::{CheckView, PreflightView, RepairView};
use laneway::domain::id::RoleName;
use laneway::ops::doctor::Patient;
use laneway::ops::preflight::{Flight, FlightOptions, inspect, next};

use super::{Context, ledger_at};
use crate::cli::failure::Failure;
use crate::cli::render::safe;
use crate::cli::reply::Reply;

pub fn run(
    context: &Context<'_>,
    role: &RoleName,
    fix: bool,
    offline: bool,
) -> Result<Reply, Failure> {
    let options = FlightOptions { offline };
    let mut patient = Patient::of(context.env, context.global.site())?;
    let mut repairs = Vec::new();
    if fix {
        repairs = mend(context, &patient, role, options);
        patient = Patient::of(context.env, context.global.site())?;
    }
    let flight = Flight::new(&patient, role.clone(), options);
    let lines = inspect(&flight);
    let checks = lines.iter().map(CheckView::from);
    let could = next(&flight).ok().flatten();
    let preflight = PreflightView {
        repairs,
        ..PreflightView::of(role.as_str(), checks.collect(), could.as_ref())
    };
    let text = text(&preflight);
    let negative = preflight.failed > 0;
    let view = DoctorView {
        preflight: Some(preflight),
        ..DoctorView::of(Vec::new())
    };
    let reply = Reply::new(&view, safe(&text)).negative(negative);
    Ok(match &patient.ledger {
        Ok(site) => reply.ledger(ledger_at(site, site.ledger.tip().ok().flatten())),
        Err(_) => reply,
    })
}

/// Does every repair that is safe and mechanical, each announced; then all is looked at again.
fn mend(
    context: &Context<'_>,
    patient: &Patient,
    role: &RoleName,
    options: FlightOptions,
) -> Vec<RepairView> {
    let flight = Flight::new(patient, role.clone(), options);
    let mut repairs = Vec::new();
    for line in inspect(&flight) {
        let Some(cure) = &line.cure else { continue };
        let Some(plan) = cure.plan() else { continue };
        context.screen.announce(&format!("{}: {plan}", line.check));
        if let Some(mended) = cure.carry_out(patient) {
            repairs.push(RepairView::of(line.check, plan, &mended));
        }
    }
    repairs
}

fn text(view: &PreflightView) -> String {
    let mut text = String::new();
    for one in &view.repairs {
        let ended = [("fixed", &one.fixed), ("kept", &one.kept)];
        if let Some((word, Some(said))) = ended.iter().find(|(_, said)| said.is_some()) {
            text.push_str(&format!("{word:<8} {:<9} {said}\n", one.check));
        }
    }
    for one in &view.checks {
        let CheckView {
            check,
            standing,
            fact,
            ..
        } = one;
        text.push_str(&format!("{standing:<8} {check:<9} {fact}\n"));
        let helps = [("next", &one.next), ("--fix", &one.repair)];
        if let Some((word, Some(said))) = helps.iter().find(|(_, said)| said.is_some()) {
            text.push_str(&format!("{:19}{word}: {said}\n", ""));
        }
    }
    text.push_str(&summary(view));
    text
}

fn summary(view: &PreflightView) -> String {
    let role = &view.role;
    let count = match (view.failed, view.warnings) {
        (0, 0) => "nothing stands in the way".to_owned(),
        (0, warnings) => format!("nothing fails, {warnings} warning(s)"),
        (failed, warnings) => format!("{failed} failed, {warnings} warning(s)"),
    };
    match &view.next {
        Some(next) if view.failed == 0 => {
            format!(
                "\n{count}: {role} can claim {}: `{}`\n",
                next.task, next.command
            )
        }
        Some(next) => format!("\n{count}; then {role} can claim {}\n", next.task),
        None => format!("\n{count}; {role} can claim nothing now\n"),
    }
}
