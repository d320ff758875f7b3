//! The cycles of a graph, so many that each step on one of them is shown.

use std::collections::{HashSet, VecDeque};
use std::hash::Hash;

use super::id::TaskId;

/// Most cycles that are told.
const MOST: usize = 1000;

/// Most steps that are looked at for them: one cycle is always found, however large the graph
/// (PROMISES P23).
const STEPS: usize = 20_000_000;

/// The cycles of a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycles<N> {
    /// Each from its smallest node to that node again; the knots (nodes that reach each other) in
    /// the order of their smallest nodes, one cycle of each before the others of any.
    pub told: Vec<Vec<N>>,
    /// How many steps lie on cycles, and on none that is told: 0 where all could be told.
    pub more: usize,
}

/// Finds for each step that lies on a cycle a shortest one through it, unless one that was found
/// before shows it. Whoever opens all of them has looked at every step that can be wrong; there may
/// be more cycles than steps, so not each of them is told.
///
/// `edges` gives the successors of a node. Steps of a node to itself, and to nodes that are not among
/// `nodes`, are none.
pub fn cycles<'a, N: Ord + Hash>(
    nodes: impl IntoIterator<Item = &'a N>,
    edges: impl Fn(&'a N) -> &'a [N],
) -> Cycles<&'a N> {
    let mut nodes: Vec<&N> = nodes.into_iter().collect();
    nodes.sort();
    nodes.dedup();
    let graph = Graph::of(&nodes, edges);
    let mut search = Search {
        graph: &graph,
        knots: knots(&graph),
        came_from: vec![NONE; nodes.len()],
        looked: 0,
        shown: HashSet::new(),
        told: Vec::new(),
    };
    let more = search.run();
    let named = |cycle: Vec<usize>| cycle.into_iter().map(|node| nodes[node]).collect();
    Cycles {
        told: search.told.into_iter().map(named).collect(),
        more,
    }
}

/// A cycle as people read it; long ones are cut in the middle.
#[must_use]
pub fn path(cycle: &[&TaskId]) -> String {
    const MOST: usize = 20;
    let names = |part: &[&TaskId]| {
        let names: Vec<&str> = part.iter().map(|id| id.as_str()).collect();
        names.join(" → ")
    };
    if cycle.len() <= MOST {
        return names(cycle);
    }
    let half = MOST / 2;
    format!(
        "{} → … ({} more) → {}",
        names(&cycle[..half]),
        cycle.len() - MOST,
        names(&cycle[cycle.len() - half..])
    )
}

/// Successors by number.
struct Graph(Vec<Vec<usize>>);

impl Graph {
    fn of<'a, N: Ord + Hash>(nodes: &[&'a N], edges: impl Fn(&'a N) -> &'a [N]) -> Self {
        let next = nodes.iter().enumerate().map(|(at, node)| {
            let steps = edges(node).iter();
            let known = steps.filter_map(|next| nodes.binary_search(&next).ok());
            let mut next: Vec<usize> = known.filter(|next| *next != at).collect();
            next.sort_unstable();
            next.dedup();
            next
        });
        Self(next.collect())
    }
}

const NONE: usize = usize::MAX;

/// Which knot each node belongs to (Tarjan, 1972); `NONE` where it is on no cycle. Without
/// recursion: a chain of 100,000 nodes needs no deep stack.
fn knots(graph: &Graph) -> Vec<usize> {
    let count = graph.0.len();
    let (mut order, mut low) = (vec![NONE; count], vec![0; count]);
    let (mut stack, mut on_stack) = (Vec::new(), vec![false; count]);
    let (mut knot, mut found, mut clock) = (vec![NONE; count], 0, 0);
    for start in 0..count {
        if order[start] != NONE {
            continue;
        }
        // A node, and how many of its successors were looked at.
        let mut path = vec![(start, 0)];
        while let Some((node, looked)) = path.last_mut() {
            let node = *node;
            if *looked == 0 {
                (order[node], low[node]) = (clock, clock);
                clock += 1;
                stack.push(node);
                on_stack[node] = true;
            }
            if let Some(next) = graph.0[node].get(*looked) {
                *looked += 1;
                if order[*next] == NONE {
                    path.push((*next, 0));
                } else if on_stack[*next] {
                    low[node] = low[node].min(order[*next]);
                }
                continue;
            }
            path.pop();
            if let Some((above, _)) = path.last() {
                low[*above] = low[*above].min(low[node]);
            }
            if low[node] != order[node] {
                continue;
            }
            let from = stack.iter().rposition(|one| *one == node).unwrap_or(0);
            let members = stack.split_off(from);
            for member in &members {
                on_stack[*member] = false;
                if members.len() > 1 {
                    knot[*member] = found;
                }
            }
            found += 1;
        }
    }
    knot
}

struct Search<'g> {
    graph: &'g Graph,
    knots: Vec<usize>,
    /// Scratch: the step by which a node was reached.
    came_from: Vec<usize>,
    looked: usize,
    shown: HashSet<(usize, usize)>,
    told: Vec<Vec<usize>>,
}

impl Search<'_> {
    /// Number of steps on cycles that are not told.
    fn run(&mut self) -> usize {
        let mut begun = HashSet::new();
        let mut more = 0;
        for first in [true, false] {
            for from in 0..self.graph.0.len() {
                for to in &self.graph.0[from] {
                    let knot = self.knots[from];
                    if knot == NONE || knot != self.knots[*to] {
                        continue;
                    }
                    if first && !begun.insert(knot) || self.shown.contains(&(from, *to)) {
                        continue;
                    }
                    let spent = self.looked >= STEPS || self.told.len() >= MOST;
                    match spent {
                        true if first => begun.remove(&knot),
                        true => {
                            more += 1;
                            false
                        }
                        false => self.tell(from, *to),
                    };
                }
            }
        }
        more
    }

    /// Tells a shortest cycle through this step; there is one, since both ends are of one knot.
    fn tell(&mut self, from: usize, to: usize) -> bool {
        let mut reached = vec![to];
        let mut open = VecDeque::from([to]);
        self.came_from[to] = from;
        'search: while let Some(node) = open.pop_front() {
            for next in &self.graph.0[node] {
                self.looked += 1;
                let known = self.came_from[*next] != NONE;
                if known || self.knots[*next] != self.knots[from] {
                    continue;
                }
                self.came_from[*next] = node;
                reached.push(*next);
                if *next == from {
                    break 'search;
                }
                open.push_back(*next);
            }
        }
        let mut cycle = vec![from];
        let mut at = self.came_from[from];
        while at != from && at != NONE {
            cycle.push(at);
            at = self.came_from[at];
        }
        for node in reached {
            self.came_from[node] = NONE;
        }
        cycle.reverse();
        // From its smallest node on.
        let least = (0..cycle.len()).min_by_key(|at| cycle[*at]).unwrap_or(0);
        cycle.rotate_left(least);
        cycle.extend(cycle.first().copied());
        self.shown
            .extend(cycle.windows(2).map(|step| (step[0], step[1])));
        self.told.push(cycle);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use proptest::prelude::*;

    fn told(edges: &[(u32, &[u32])]) -> (Vec<Vec<u32>>, usize) {
        let map: HashMap<u32, Vec<u32>> = edges
            .iter()
            .map(|(node, next)| (*node, next.to_vec()))
            .collect();
        let nodes: Vec<u32> = edges.iter().map(|(node, _)| *node).collect();
        let found = cycles(&nodes, |node| map.get(node).map_or(&[], Vec::as_slice));
        let own = |cycle: &Vec<&u32>| cycle.iter().map(|node| **node).collect();
        (found.told.iter().map(own).collect(), found.more)
    }

    #[test]
    fn two_cycles_through_one_node_are_both_told() {
        let eight = told(&[(1, &[2, 3]), (2, &[1]), (3, &[1])]);
        assert_eq!(eight, (vec![vec![1, 2, 1], vec![1, 3, 1]], 0));
        let joined = told(&[(1, &[2]), (2, &[3, 4]), (3, &[1]), (4, &[1])]);
        assert_eq!(joined, (vec![vec![1, 2, 3, 1], vec![1, 2, 4, 1]], 0));
    }

    #[test]
    fn the_shortest_cycle_through_a_step_is_told() {
        let ring = told(&[(1, &[2]), (2, &[3]), (3, &[4, 2]), (4, &[1])]);
        assert_eq!(ring, (vec![vec![1, 2, 3, 4, 1], vec![2, 3, 2]], 0));
    }

    #[test]
    fn steps_to_oneself_and_to_strangers_are_none() {
        assert_eq!(told(&[(1, &[1, 9]), (2, &[1])]), (vec![], 0));
    }

    #[test]
    fn p23_what_is_told_is_bounded_and_the_rest_is_counted() {
        let all: Vec<u32> = (0..100).collect();
        let dense: Vec<(u32, &[u32])> = all.iter().map(|node| (*node, &all[..])).collect();
        let (found, more) = told(&dense);
        assert_eq!(found.len(), MOST);
        assert_eq!(more, 100 * 99 - 2 * MOST);
        let ring: Vec<(u32, Vec<u32>)> =
            (0..100_000).map(|n| (n, vec![(n + 1) % 100_000])).collect();
        let ring: Vec<(u32, &[u32])> = ring.iter().map(|(n, next)| (*n, &next[..])).collect();
        let (found, more) = told(&ring);
        assert_eq!((found.len(), found[0].len(), more), (1, 100_001, 0));
    }

    proptest! {
        /// Every step from which a walk leads back is on a told cycle, and no other.
        #[test]
        fn every_step_on_a_cycle_is_told(pairs in prop::collection::vec((0u32..12, 0u32..12), 0..40)) {
            let mut map: HashMap<u32, Vec<u32>> = (0..12).map(|node| (node, Vec::new())).collect();
            for (from, to) in &pairs {
                map.entry(*from).or_default().push(*to);
            }
            let leads_back = |from: u32, to: u32| {
                let (mut open, mut seen) = (vec![to], HashSet::from([to]));
                while let Some(node) = open.pop() {
                    let next = map[&node].iter().copied();
                    open.extend(next.filter(|next| seen.insert(*next)));
                }
                from != to && seen.contains(&from)
            };
            let nodes: Vec<u32> = (0..12).collect();
            let found = cycles(&nodes, |node| &map[node]);
            let shown: HashSet<(u32, u32)> =
                found.told.iter().flat_map(|c| c.windows(2).map(|s| (*s[0], *s[1]))).collect();
            prop_assert_eq!(found.more, 0);
            for (from, to) in pairs {
                prop_assert_eq!(shown.contains(&(from, to)), leads_back(from, to));
            }
        }
    }
}
