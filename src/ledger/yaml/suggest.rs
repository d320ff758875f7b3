/// The candidate closest to `word`, if one is close enough to be what was meant: at most one edit
/// for each three characters, a swap of neighbours counted once.
#[must_use]
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate));
    let (edits, found) = near.min_by_key(|(edits, _)| *edits)?;
    (edits <= word.chars().count().max(3) / 3).then_some(found)
}

/// Optimal string alignment distance, a restricted Damerau-Levenshtein distance.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    if left.len().abs_diff(right.len()) > 8 || left.len().max(right.len()) > 64 {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for i in 1..=left.len() {
        let mut row = vec![i];
        for j in 1..=right.len() {
            let same = left[i - 1] == right[j - 1];
            let mut best = (last[j - 1] + usize::from(!same))
                .min(last[j] + 1)
                .min(row[j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn near_misses_are_found_and_strangers_are_not() {
        let keys = ["priority", "title", "depends_on", "owned_paths"];
        assert_eq!(closest("priorty", keys), Some("priority"));
        assert_eq!(closest("tilte", keys), Some("title"));
        assert_eq!(closest("depend_on", keys), Some("depends_on"));
        assert_eq!(closest("colour", keys), None);
        assert_eq!(closest("", keys), None);
    }
}
