//! What a misspelt word was probably meant to be.

/// The candidate closest to `word`, if one is close enough to be what was meant: at most one edit
/// for each three characters, a swap of neighbours counted once.
#[must_use]
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = near(word, candidates);
    near.min_by_key(|(edits, _)| *edits).map(|(_, found)| found)
}

/// The candidate of which `word` is a slip of the hand, if it is close to no other: what may be
/// written in its place without asking.
#[must_use]
pub fn only_close<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let mut near = near(word, candidates);
    match (near.next(), near.next()) {
        (Some((1, found)), None) if is_slip(word, found) => Some(found),
        _ => None,
    }
}

/// Whether a word that is one edit away is a slip, and not a word of its own: a swap of neighbours,
/// or one letter of five or more. A first letter that differs may be a prefix, which turns the
/// meaning.
fn is_slip(word: &str, meant: &str) -> bool {
    let letters = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    let swapped = letters(word) == letters(meant);
    let least = if swapped { 4 } else { 5 };
    meant.chars().count() >= least && word.chars().next() == meant.chars().next()
}

/// The candidates that are close enough, each with the number of edits.
fn near<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> impl Iterator<Item = (usize, &'a str)> {
    let most = word.chars().count().max(3) / 3;
    let near = candidates
        .into_iter()
        .map(move |candidate| (distance(word, candidate), candidate));
    near.filter(move |(edits, _)| *edits <= most)
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
    use super::{closest, only_close};

    #[test]
    fn near_misses_are_found_and_strangers_are_not() {
        let keys = ["priority", "title", "depends_on", "owned_paths"];
        assert_eq!(closest("priorty", keys), Some("priority"));
        assert_eq!(closest("tilte", keys), Some("title"));
        assert_eq!(closest("depend_on", keys), Some("depends_on"));
        assert_eq!(closest("colour", keys), None);
        assert_eq!(closest("", keys), None);
    }
    #[test]
    fn what_could_be_two_things_is_not_chosen_between() {
        let words = ["low", "law", "normal"];
        assert_eq!(only_close("norml", words), Some("normal"));
        assert_eq!(only_close("nromal", words), Some("normal"));
        assert_eq!(only_close("nroml", words), None, "two slips");
        assert_eq!(only_close("abnormal", words), None);
        assert_eq!(only_close("anormal", words), None, "a prefix");
        assert_eq!(only_close("ormal", words), None);
        assert_eq!(only_close("lw", words), None);
        assert_eq!(closest("lw", words), Some("low"));
        assert_eq!(only_close("high", words), None);
    }
}
