//! The ledger as the model has it, and the law that judges requests against it.
//!
//! A commit is named by everything up to it, as in git: two commits are the same only if they say
//! the same on the same parent. So a commit is a [`Chain`], and "is an ancestor of" is "is a
//! beginning of".

use std::fmt;

use crate::mutants::Mutant;

/// One of the clients, counted from 0.
pub type ClientNo = u8;

/// How many tasks there are.
pub const TASKS: usize = 2;

/// What a client can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// `claim` without a task: the next one that is ready.
    Claim,
    /// `renew`: the lease counts from now.
    Renew,
    /// `handoff`: the work is submitted, the claim is over.
    Handoff,
}

impl Verb {
    const ALL: [Self; 3] = [Self::Claim, Self::Renew, Self::Handoff];
}

/// What one ledger commit says, in 16 bits: who did what, to which task, under which epoch, when,
/// in which run of its process. Never all zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Op(u16);

impl Op {
    fn new(request: &Request, task: u8, epoch: u8) -> Self {
        let verb = request.verb as u16;
        let (client, run) = (u16::from(request.client) + 1, u16::from(request.run));
        // A handoff ends the lease, whenever it is.
        let at = match request.verb {
            Verb::Handoff => 0,
            Verb::Claim | Verb::Renew => u16::from(request.at),
        };
        let (task, epoch) = (u16::from(task), u16::from(epoch));
        Self(client | verb << 2 | task << 4 | epoch << 5 | at << 8 | run << 10)
    }

    /// The id of the request, out of 16: each client asks once for each thing.
    pub fn id(self) -> u8 {
        self.0 as u8 & 15
    }

    /// Who asked for it.
    pub fn client(self) -> ClientNo {
        (self.0 as u8 & 3) - 1
    }

    /// What was asked for.
    pub fn verb(self) -> Verb {
        Verb::ALL[usize::from(self.0 >> 2 & 3)]
    }

    /// Which task it is about.
    pub fn task(self) -> u8 {
        (self.0 >> 4) as u8 & 1
    }

    /// The epoch that a claim got, or that another verb shows.
    pub fn epoch(self) -> u8 {
        (self.0 >> 5) as u8 & 7
    }

    /// The time of the request.
    pub fn at(self) -> u8 {
        (self.0 >> 8) as u8 & 3
    }

    /// Whether the process that built it was started again before.
    pub fn run(self) -> bool {
        self.0 >> 10 & 1 == 1
    }
}

impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let client = char::from(b'A' + self.client());
        let (verb, task, epoch) = (self.verb(), self.task(), self.epoch());
        let retry = if self.run() { " (retry)" } else { "" };
        write!(f, "{client} {verb:?} {task} epoch {epoch}{retry}")
    }
}

/// A commit with all its ancestors, oldest in the lowest bits; at most [`Chain::LONGEST`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Chain(u128);

impl Chain {
    const LONGEST: u32 = 8;

    /// The ledger as `init` leaves it: no commit of a client.
    pub const NONE: Self = Self(0);

    /// How many commits it has.
    pub fn len(self) -> u32 {
        (128 - self.0.leading_zeros()).div_ceil(16)
    }

    /// Whether it is `tip` or one of its ancestors. The beginning of all ledgers is everyone's.
    pub fn is_ancestor_of(self, tip: Self) -> bool {
        tip.first(self.len()) == self
    }

    /// The ancestor that has `n` commits.
    pub fn first(self, n: u32) -> Self {
        if n >= Self::LONGEST {
            return self;
        }
        Self(self.0 & ((1 << (16 * n)) - 1))
    }

    /// The commit that says `op` on top of this one.
    pub fn with(self, op: Op) -> Self {
        let len = self.len();
        assert!(len < Self::LONGEST, "the bounds allow too many commits");
        Self(self.0 | u128::from(op.0) << (16 * len))
    }

    /// What the `n`th commit says.
    pub fn op(self, n: u32) -> Op {
        Op((self.0 >> (16 * n)) as u16)
    }

    /// What the last commit says.
    pub fn last(self) -> Option<Op> {
        self.len().checked_sub(1).map(|n| self.op(n))
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries((0..self.len()).map(|n| self.op(n)))
            .finish()
    }
}

/// A task as a ledger has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The epoch in force; 0 before the first claim.
    pub epoch: u8,
    /// Who has it in progress.
    pub holder: Option<ClientNo>,
    /// When the lease began to count.
    pub since: u8,
}

impl Standing {
    /// Before anybody claimed it.
    pub const UNTOUCHED: Self = Self {
        epoch: 0,
        holder: None,
        since: 0,
    };

    /// The task after a commit about it.
    pub fn after(self, op: Op) -> Self {
        let holder = match op.verb() {
            Verb::Claim | Verb::Renew => Some(op.client()),
            Verb::Handoff => None,
        };
        let epoch = match op.verb() {
            Verb::Claim => op.epoch(),
            Verb::Renew | Verb::Handoff => self.epoch,
        };
        let since = op.at();
        Self {
            epoch,
            holder,
            since,
        }
    }

    /// Whether a claim at this time may have it: nobody had it, or the lease is over. What was
    /// handed off waits for its review.
    fn is_ready(self, at: u8) -> bool {
        self.epoch == 0 || self.holder.is_some() && self.since < at
    }
}

/// Every task as the ledger at `tip` has it.
pub fn standings(tip: Chain) -> [Standing; TASKS] {
    let mut standings = [Standing::UNTOUCHED; TASKS];
    for n in 0..tip.len() {
        let op = tip.op(n);
        let standing = &mut standings[usize::from(op.task())];
        *standing = standing.after(op);
    }
    standings
}

/// A request, as it is judged.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// Who asks; with the verb this is the request's id, since each client asks once for each.
    pub client: ClientNo,
    /// What for.
    pub verb: Verb,
    /// The task and the epoch that the client holds, as its binding has them.
    pub held: Option<(u8, u8)>,
    /// When.
    pub at: u8,
    /// Whether this is a retry by a new process.
    pub run: bool,
}

/// What the law says.
#[derive(Debug, Clone, Copy)]
pub enum Judgement {
    /// This commit is to be added.
    Change(Op),
    /// The request was carried out before, by this commit.
    Already(Chain),
    /// No: nothing is ready, the epoch is stale, or the claim is over.
    Refused,
}

/// Whose commits answer a request: all that carry its id, or only some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answering {
    /// Those of any process.
    AnyRun,
    /// Those of this process.
    ThisRun,
    /// None.
    Nobody,
}

/// The commit of `tip` that carried the request out: `Publisher::carried_out_before`, `had_already`
/// and the ancestor test of `Publisher::submit` in one.
pub fn carried_out_before(tip: Chain, request: &Request, by: Answering) -> Option<Chain> {
    let answers = |n: &u32| {
        let op = tip.op(*n);
        let same = op.client() == request.client && op.verb() == request.verb;
        same && (by == Answering::AnyRun || by == Answering::ThisRun && op.run() == request.run)
    };
    let found = (0..tip.len()).find(answers);
    found.map(|n| tip.first(n + 1))
}

/// `domain::decide::decide`, with what of `decide::claim` and `decide::own` bears on ownership: the
/// judgement of `request` on the ledger at `tip`. A claim gets the first task that is ready; every
/// other verb needs the epoch in force, and to be its holder (`Context::fence`, `Context::hold`).
pub fn decide(tip: Chain, request: &Request, by: Answering, mutant: Option<Mutant>) -> Judgement {
    if let Some(commit) = carried_out_before(tip, request, by) {
        return Judgement::Already(commit);
    }
    let standings = standings(tip);
    if request.verb == Verb::Claim {
        let mut tasks = (0..).zip(&standings);
        let ready = tasks.find(|(_, standing)| standing.is_ready(request.at));
        return match ready {
            Some((task, standing)) => {
                let keeps = mutant == Some(Mutant::TakeOverKeepsEpoch) && standing.epoch > 0;
                let epoch = standing.epoch + u8::from(!keeps);
                Judgement::Change(Op::new(request, task, epoch))
            }
            None => Judgement::Refused,
        };
    }
    let (task, epoch) = request.held.unwrap();
    let standing = standings[usize::from(task)];
    let holds = standing.epoch == epoch && standing.holder == Some(request.client);
    if holds || mutant == Some(Mutant::NoFencing) {
        return Judgement::Change(Op::new(request, task, epoch));
    }
    Judgement::Refused
}
