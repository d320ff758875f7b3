/// Makes an input out of others; the seed decides everything.
pub struct Mutator(u64);

/// What matters to one of the parsers.
const TOKENS: [&str; 40] = [
    "\n",
    "\r\n",
    "\t",
    " ",
    "  ",
    "- ",
    ": ",
    "#",
    "\"",
    "'",
    "|",
    ">",
    "|-",
    ">+",
    "{",
    "}",
    "[",
    "]",
    ",",
    "&a",
    "*a",
    "!!str",
    "<<: ",
    "---\n",
    "...\n",
    "\u{feff}",
    "\u{0}",
    "\u{85}",
    "\u{2028}",
    "\u{1b}",
    "\\",
    "**",
    "*",
    "?",
    "/",
    "null",
    "~",
    "0x7f",
    "-1",
    "99999999999999999999",
];

impl Mutator {
    /// The mutator of a seed.
    pub fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or_default() % below.max(1)
    }

    /// One of the seeds, changed in one to six places.
    pub fn mutated(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut input = seeds[self.next(seeds.len())].clone();
        for _ in 0..=self.next(6) {
            self.change(&mut input, seeds);
        }
        input.truncate(64 * 1024);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = self.next(input.len() + 1);
        let end = (at + 1 + self.next(24)).min(input.len());
        match self.next(8) {
            0 if at < input.len() => input[at] ^= 1 << self.next(8),
            1 => drop(input.drain(at..end)),
            2 => {
                let token = TOKENS[self.next(TOKENS.len())];
                input.splice(at..at, token.bytes());
            }
            3 => {
                let token = TOKENS[self.next(TOKENS.len())];
                input.splice(at..end, token.bytes());
            }
            4 => {
                let part = input[at..end].to_vec();
                let to = self.next(input.len() + 1);
                input.splice(to..to, part);
            }
            5 => input.truncate(at),
            6 => {
                // A line of another seed.
                let other = &seeds[self.next(seeds.len())];
                let lines: Vec<&[u8]> = other.split_inclusive(|byte| *byte == b'\n').collect();
                if let Some(line) = lines.get(self.next(lines.len())) {
                    input.splice(at..at, line.iter().copied());
                }
            }
            _ => {
                // A line again, or gone.
                let start = input[..at]
                    .iter()
                    .rposition(|byte| *byte == b'\n')
                    .map_or(0, |n| n + 1);
                let stop = input[at..].iter().position(|byte| *byte == b'\n');
                let stop = stop.map_or(input.len(), |n| at + n + 1);
                let line = input[start..stop].to_vec();
                match self.next(2) {
                    0 => drop(input.drain(start..stop)),
                    _ => drop(input.splice(start..start, line)),
                }
            }
        }
    }
}
