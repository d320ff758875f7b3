use proptest::prelude::*;

use super::*;
use crate::domain::archive::{Closed, Recalled};
use crate::domain::request::{Dependents, Verb};
use crate::ledger::testing::{Site, id};

fn closed(site: &Site, number: usize) -> String {
    let name = format!("T-{number:02}");
    site.add(&[&name]);
    let verb = Verb::Cancel {
        task: id(&name),
        reason: "over".to_owned(),
        dependents: Dependents::None,
    };
    drop(site.submit("@admin", verb).unwrap());
    name
}

fn planned(site: &Site) -> Vec<String> {
    let loader = Loader::new(&site.ledger.repo);
    let files = loader.plan_files(site.tip()).unwrap();
    let tasks = files.iter().flat_map(|file| file.tasks.iter());
    tasks.map(|task| task.id.to_string()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Tasks were added in the order of their numbers: at every moment those that are there stand
    /// in it.
    #[test]
    fn p12_in_whichever_order_tasks_leave_and_come_back_they_stand_where_they_stood(
        steps in prop::collection::vec((any::<u8>(), any::<u16>()), 20)
    ) {
        let site = Site::new();
        let mut all: Vec<String> = (0..6).map(|number| closed(&site, number)).collect();
        for (kind, which) in steps {
            let among = |from: &[String]| -> Vec<TaskId> {
                let bits = from.iter().enumerate();
                let chosen = bits.filter(|(n, _)| which >> (n % 16) & 1 == 1);
                chosen.map(|(_, name)| id(name)).collect()
            };
            let here = planned(&site);
            let away: Vec<String> =
                all.iter().filter(|name| !here.contains(name)).cloned().collect();
            let verb = match kind % 5 {
                0 if all.len() < 9 => {
                    all.push(closed(&site, all.len()));
                    continue;
                }
                // Now and then of one moment, now and then not.
                1 | 2 => Verb::Archive(Closed::Tasks(among(&here))),
                _ => Verb::Restore(Recalled::Tasks(among(&away))),
            };
            site.clock.advance(i64::from(kind % 2));
            drop(site.submit("@admin", verb).unwrap());
            let here = planned(&site);
            prop_assert!(here.is_sorted(), "{:?}", here);
        }
        let period = Period::of(site.ledger.env.now());
        drop(site.submit("@admin", Verb::Restore(Recalled::Of(period))).unwrap());
        prop_assert_eq!(planned(&site), all);
    }
}

#[test]
fn a_part_of_a_period_is_known_by_its_name_alone() {
    let period: Period = "2026-11".parse().unwrap();
    for part in [1, 2, 3, 70, 1000] {
        assert_eq!(part_of(&path(&period, part), &period), Some(part));
    }
    for other in [
        "governance/archive/2026-11-1.yaml",
        "governance/archive/2026-11-02.yaml",
        "governance/archive/2026-11-x.yaml",
        "governance/archive/2026-110.yaml",
        "governance/archive/2026-12.yaml",
        "governance/archive/old/2026-11.yaml",
        "2026-11.yaml",
    ] {
        assert_eq!(part_of(other, &period), None, "{other}");
    }
}
