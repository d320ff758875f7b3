//! `tools`: what the next tasks require is a capability of the workstation they would get.

use super::{Check, Flight, Line};

pub const CHECK: Check = Check {
    id: "tools",
    about: "workstations have the tools that ready tasks require",
    look,
};

fn look(flight: &Flight<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut required = 0;
    for (place, tasks) in flight.places() {
        let Some(known) = flight.workstation(&place) else {
            let fact = format!("the workstation {place} is not registered");
            lines.push(
                CHECK
                    .failed(fact)
                    .next("add it to governance/workstations.yaml"),
            );
            continue;
        };
        for task in tasks {
            for tool in &task.requires.tools {
                required += 1;
                if !known.capabilities.contains(tool) {
                    let fact = format!(
                        "`{}` requires `{tool}`, which {place} does not have",
                        task.id
                    );
                    lines.push(CHECK.warning(fact).next(
                        "`--workstation` names another; `capabilities` in governance/workstations.yaml",
                    ));
                }
            }
        }
    }
    match required {
        _ if !lines.is_empty() => lines,
        0 => vec![CHECK.skipped("no ready task requires a tool")],
        count => vec![CHECK.ok(format!("{count} required, all there"))],
    }
}
