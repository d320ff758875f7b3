//! The dependency graph: cycles as paths, and a stable topological order.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

/// Finds a cycle and returns it as a path that begins and ends with the same node.
///
/// `edges` gives the successors of a node; nodes it does not know have none. Iterative, so that a
/// chain of 100,000 nodes needs no deep stack (PROMISES P23).
pub fn find_cycle<'a, N, I>(nodes: I, edges: impl Fn(&'a N) -> &'a [N]) -> Option<Vec<&'a N>>
where
    N: Eq + Hash + 'a,
    I: IntoIterator<Item = &'a N>,
{
    #[derive(PartialEq)]
    enum Mark {
        Open,
        Closed,
    }
    let mut marks: HashMap<&N, Mark> = HashMap::new();
    for start in nodes {
        if marks.contains_key(start) {
            continue;
        }
        marks.insert(start, Mark::Open);
        let mut path = vec![(start, edges(start).iter())];
        while let Some((_, rest)) = path.last_mut() {
            let Some(next) = rest.next() else {
                if let Some((done, _)) = path.pop() {
                    marks.insert(done, Mark::Closed);
                }
                continue;
            };
            match marks.get(next) {
                Some(Mark::Closed) => {}
                Some(Mark::Open) => {
                    let from = path.iter().position(|(node, _)| *node == next).unwrap_or(0);
                    let mut cycle: Vec<&N> = path[from..].iter().map(|(node, _)| *node).collect();
                    cycle.push(next);
                    return Some(cycle);
                }
                None => {
                    marks.insert(next, Mark::Open);
                    path.push((next, edges(next).iter()));
                }
            }
        }
    }
    None
}

/// Sorts `nodes` so that each stands after those it depends on; among the free ones the smallest
/// comes first, so the order depends on nothing but the input values. Nodes on a cycle come last,
/// in their own order.
pub fn topological_order<N: Ord + Clone>(nodes: &[N], depends_on: impl Fn(&N) -> Vec<N>) -> Vec<N> {
    let known: BTreeSet<&N> = nodes.iter().collect();
    let mut waiting: BTreeMap<&N, usize> = BTreeMap::new();
    let mut dependents: BTreeMap<N, Vec<&N>> = BTreeMap::new();
    for node in &known {
        let needs: BTreeSet<N> = depends_on(node)
            .into_iter()
            .filter(|need| known.contains(need))
            .collect();
        waiting.insert(node, needs.len());
        for need in needs {
            dependents.entry(need).or_default().push(node);
        }
    }
    let mut free: BTreeSet<&N> = waiting
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(node, _)| *node)
        .collect();
    let mut order = Vec::with_capacity(known.len());
    while let Some(node) = free.pop_first() {
        waiting.remove(node);
        order.push(node.clone());
        for dependent in dependents.get(node).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(dependent) {
                *count -= 1;
                if *count == 0 {
                    free.insert(dependent);
                }
            }
        }
    }
    order.extend(waiting.into_keys().cloned());
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cycle_of(edges: &[(u32, Vec<u32>)]) -> Option<Vec<u32>> {
        let map: HashMap<u32, Vec<u32>> = edges.iter().cloned().collect();
        let nodes: Vec<u32> = edges.iter().map(|(node, _)| *node).collect();
        find_cycle(&nodes, |node| map.get(node).map_or(&[], Vec::as_slice))
            .map(|path| path.into_iter().copied().collect())
    }

    #[test]
    fn a_cycle_is_a_path() {
        assert_eq!(
            cycle_of(&[(1, vec![2]), (2, vec![3]), (3, vec![2])]),
            Some(vec![2, 3, 2])
        );
        assert_eq!(cycle_of(&[(1, vec![1])]), Some(vec![1, 1]));
        assert_eq!(
            cycle_of(&[(1, vec![2, 3]), (2, vec![3]), (3, vec![])]),
            None
        );
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let edges: Vec<(u32, Vec<u32>)> =
            (0..100_000).map(|n| (n, vec![(n + 1) % 100_000])).collect();
        assert_eq!(cycle_of(&edges).map(|path| path.len()), Some(100_001));
    }

    proptest! {
        #[test]
        fn order_puts_dependencies_first(pairs in prop::collection::vec((0u8..20, 0u8..20), 0..40)) {
            // Edges from the larger to the smaller cannot form a cycle.
            let edges: Vec<(u8, u8)> = pairs.into_iter().filter(|(a, b)| a > b).collect();
            let nodes: Vec<u8> = (0..20).collect();
            let needs = |node: &u8| {
                edges.iter().filter(|(a, _)| a == node).map(|(_, b)| *b).collect::<Vec<_>>()
            };
            let order = topological_order(&nodes, needs);
            prop_assert_eq!(order.len(), 20);
            let place = |node: u8| order.iter().position(|n| *n == node);
            for (a, b) in &edges {
                prop_assert!(place(*b) < place(*a));
            }
        }
    }
}
