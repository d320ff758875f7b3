//! Entries that become no tasks, and what is made of the tasks that depend on them.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::super::{Anomaly, AnomalyKind, Spot};
use super::Mapping;
use super::links::with_kept;
use crate::domain::id::TaskId;
use crate::domain::import::{FirstStanding, FirstWord};

/// Why there is no task that another one depends on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Gone {
    /// The entry cannot become one.
    Bad,
    /// It is closed, and only open ones were asked for.
    LeftOut(FirstWord),
}

impl Gone {
    fn fact(self) -> &'static str {
        match self {
            Self::Bad => "which became no task",
            Self::LeftOut(FirstWord::Done) => "which was done there and left out",
            Self::LeftOut(_) => "which was given up there and left out",
        }
    }

    /// Whether what depends on it may not simply go on.
    fn holds_up(self) -> bool {
        self != Self::LeftOut(FirstWord::Done)
    }
}

/// Takes out dependencies on entries that become no tasks: those that were left out (`gone`), and
/// bad ones, where the rest is imported all the same. What depended on work that was not done rests.
pub(super) fn detach(mapping: &mut Mapping, mut gone: HashMap<TaskId, Gone>) {
    let bad = mapping.tasks.iter().filter(|one| one.task.is_none());
    let bad = bad.filter(|mapped| !mapped.known);
    gone.extend(bad.filter_map(|mapped| Some((mapped.id.clone()?, Gone::Bad))));
    if gone.is_empty() {
        return;
    }
    let mut notes = Vec::new();
    for mapped in &mut mapping.tasks {
        let Some(task) = &mut mapped.task else {
            continue;
        };
        let parent = task.parent.as_ref().and_then(|id| gone.get_key_value(id));
        if let Some((parent, why)) = parent {
            task.parent = None;
            mapped.definition.shift_remove("parent");
            let kept = parent.as_str().into();
            mapped.definition.insert("x-parent".to_owned(), kept);
            let what = format!(
                "`{}` is a part of `{parent}`, {}",
                mapped.source_id,
                why.fact()
            );
            notes.push(about(
                mapped.at.clone(),
                &mapped.source_id,
                what,
                "kept as `x-parent`",
            ));
        }
        if let FirstStanding::Blocked(block) = &mut mapped.standing
            && let Some((by, why)) = block.by.as_ref().and_then(|by| gone.get_key_value(by))
        {
            let what = format!(
                "`{}` is blocked by `{by}`, {}",
                mapped.source_id,
                why.fact()
            );
            let made = "it stays blocked until somebody ends that";
            notes.push(about(mapped.at.clone(), &mapped.source_id, what, made));
            block.by = None;
        }
        let mut lost: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let (mut all, mut kept, mut parks) = (Vec::new(), Vec::new(), false);
        for need in &task.depends_on {
            match gone.get(need) {
                None => kept.push(need.clone()),
                Some(why) => {
                    lost.entry(why.fact()).or_default().push(need.as_str());
                    all.push(Value::from(need.as_str()));
                    parks |= why.holds_up() && !mapped.standing.is_closed();
                }
            }
        }
        if all.is_empty() {
            continue;
        }
        for (why, names) in lost {
            let names = names.join(", ");
            let (made, word) = match parks {
                true => ("kept as `x-depends_on`, and parked", "parked: "),
                false => ("kept as `x-depends_on`", ""),
            };
            let what = format!("`{}` depends on {names}, {why}", mapped.source_id);
            notes.push(about(mapped.at.clone(), &mapped.source_id, what, made));
            let remark = format!("{word}it depends on {names}, {why}");
            mapped.remark = Some(match mapped.remark.take() {
                None => remark,
                Some(before) => format!("{before}; {remark}"),
            });
        }
        let left: Vec<Value> = kept.iter().map(|id| Value::from(id.as_str())).collect();
        task.depends_on = kept;
        mapped.definition.shift_remove("depends_on");
        if !left.is_empty() {
            mapped
                .definition
                .insert("depends_on".to_owned(), left.into());
        }
        let all = with_kept(&mapped.definition, all);
        mapped.definition.insert("x-depends_on".to_owned(), all);
        if parks {
            task.parked = true;
            mapped.definition.insert("parked".to_owned(), true.into());
        }
    }
    mapping.anomalies.extend(notes);
}

fn about(at: Spot, entry: &str, what: String, made: &str) -> Anomaly {
    Anomaly {
        kind: AnomalyKind::DependencyUnknown,
        at,
        what,
        made: made.to_owned(),
        entry: Some(entry.to_owned()),
    }
}
