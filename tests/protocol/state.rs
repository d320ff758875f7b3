//! What there is between two steps: clients, their machines, the remote, pushes under way.

use std::hash::{Hash, Hasher};

use crate::ledger::{Chain, ClientNo};
use crate::protocol::Protocol;

/// How many clients there are.
pub const CLIENTS: usize = 3;

/// All of them.
pub const EVERY_CLIENT: [ClientNo; CLIENTS] = [0, 1, 2];

/// The machine of a client: A and B share a pending chain, C works elsewhere.
pub fn machine_of(no: ClientNo) -> usize {
    usize::from(no == 2)
}

/// Where a client stands between two steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Before a request, or before its retry by a new process.
    Ready,
    /// Its request is to be judged (again).
    Judging,
    /// Refused on what is known here: the remote is asked before that is told.
    Refreshing,
    /// Only in a broken protocol: the look for an earlier commit is over, the build is not begun.
    Looked,
    /// Waits until a commit is published or dropped.
    Settling,
    /// Publishes: the push is under way.
    Sent,
    /// Publishes: the remote has moved its ref, the answer is under way.
    Won,
    /// Publishes: the remote has not moved its ref, the answer is under way.
    Lost,
    /// Publishes: the race is lost, pending is dropped, the remote is to be asked.
    Refetching,
    /// Publishes: there was no answer.
    Unknown,
    /// Publishes: there was no answer in time, pending is dropped, one look is left.
    GivingUp,
    /// Its process is dead.
    Dead,
    /// All its requests were acknowledged.
    Done,
    /// Its last request was refused.
    Refused,
    /// Exit 6: its last request was not confirmed in time.
    Unconfirmed,
}

impl Phase {
    /// Whether there is a process that has not answered yet.
    pub fn is_running(self) -> bool {
        !matches!(
            self,
            Self::Dead | Self::Done | Self::Refused | Self::Unconfirmed
        )
    }

    /// Whether the client holds its machine's publish lock.
    pub fn publishes(self) -> bool {
        use Phase::{GivingUp, Lost, Refetching, Sent, Unknown, Won};
        matches!(self, Sent | Won | Lost | Refetching | Unknown | GivingUp)
    }
}

/// A process, and what it left on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// Where it stands.
    pub phase: Phase,
    /// Which request of its script it is at.
    pub verb: u8,
    /// Whether it is a second process, which retries.
    pub run: bool,
    /// When its request was made.
    pub at: u8,
    /// Whether the remote was asked since.
    pub refreshed: bool,
    /// The commit that it waits for.
    pub waits: Chain,
    /// Whether that is its own, not one on which it would be refused.
    pub own: bool,
    /// As publisher: the tip that it pushes.
    pub to: Chain,
    /// As publisher: how many commits the expected old value has.
    pub from: u8,
    /// As publisher: whether the same commits were pushed before.
    pub repeated: bool,
    /// Only in a broken protocol: whether it looks for no earlier commit.
    pub blind: bool,
    /// Its binding: task and epoch that it was told it holds.
    pub held: Option<(u8, u8)>,
    /// The commit of its last acknowledged request.
    pub acknowledged: Chain,
    /// The tip on which it was refused, unless that was in the ledger, where it stays.
    pub refused_on: Chain,
}

impl Client {
    /// Before its first request.
    pub const NEW: Self = Self {
        phase: Phase::Ready,
        verb: 0,
        run: false,
        at: 0,
        refreshed: false,
        waits: Chain::NONE,
        own: false,
        to: Chain::NONE,
        from: 0,
        repeated: false,
        blind: false,
        held: None,
        acknowledged: Chain::NONE,
        refused_on: Chain::NONE,
    };

    /// Goes on to `phase` and forgets what only the phases before needed: states that differ in
    /// nothing else are one.
    pub fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        if !phase.publishes() {
            (self.to, self.from, self.repeated) = (Chain::NONE, 0, false);
            if phase != Phase::Settling {
                (self.waits, self.own) = (Chain::NONE, false);
            }
        }
        if phase == Phase::Ready || !phase.is_running() {
            (self.at, self.refreshed, self.blind) = (0, false, false);
        }
    }

    /// Waits for a commit.
    pub fn wait_for(&mut self, commit: Chain, own: bool) {
        self.enter(Phase::Settling);
        (self.waits, self.own) = (commit, own);
    }
}

impl Hash for Client {
    /// All small fields in one write: hashing is where the time goes.
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let (task, epoch) = self.held.unwrap_or((0, 0));
        let flags = [
            self.run,
            self.refreshed,
            self.own,
            self.repeated,
            self.blind,
        ];
        let flags = flags
            .iter()
            .fold(0, |bits, flag| bits << 1 | u8::from(*flag));
        let phase = self.phase as u8;
        let small = [phase, self.verb, self.at, self.from, task, epoch, flags, 0];
        hasher.write_u64(u64::from_le_bytes(small));
        for chain in [self.waits, self.to, self.acknowledged, self.refused_on] {
            chain.hash(hasher);
        }
    }
}

/// What the clients of a machine share: files below the common git directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Machine {
    /// The published tip, as it is known here: the tracking ref.
    pub published: Chain,
    /// The tip of the pending chain: the published tip when there is none.
    pub pending: Chain,
    /// Only in a broken protocol: whether a dead publisher's lock was left.
    pub locked: bool,
}

impl Machine {
    /// Moves the tracking ref; of pending stays what goes on from there (`Pending::after`).
    pub fn follow(&mut self, published: Chain) {
        self.published = published;
        if !published.is_ancestor_of(self.pending) {
            self.drop_pending();
        }
    }

    /// `Publisher::drop_pending`.
    pub fn drop_pending(&mut self) {
        self.pending = self.published;
    }
}

/// A push that nobody waits for any more, and that the remote may yet carry out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Stray {
    /// The tip that it pushes.
    pub to: Chain,
    /// How many commits the expected old value has.
    pub from: u8,
}

impl Stray {
    /// None.
    pub const NONE: Self = Self {
        to: Chain::NONE,
        from: 0,
    };
}

/// Everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    /// The ledger: the ref of the remote.
    pub ledger: Chain,
    /// The machines.
    pub machines: [Machine; 2],
    /// The clients: A, B, C.
    pub clients: [Client; CLIENTS],
    /// Pushes without a sender, in one order, [`Stray::NONE`] last.
    pub strays: [Stray; 3],
    /// The time, in lengths of a lease.
    pub now: u8,
    /// How many exchanges with the remote went wrong.
    pub faults: u8,
    /// How many clients died.
    pub crashes: u8,
}

impl State {
    /// The ledger as `init` leaves it, known everywhere.
    pub const INITIAL: Self = Self {
        ledger: Chain::NONE,
        machines: [Machine {
            published: Chain::NONE,
            pending: Chain::NONE,
            locked: false,
        }; 2],
        clients: [Client::NEW; CLIENTS],
        strays: [Stray::NONE; 3],
        now: 0,
        faults: 0,
        crashes: 0,
    };

    /// The client of this number.
    pub fn client(&self, no: ClientNo) -> &Client {
        &self.clients[usize::from(no)]
    }

    /// The client of this number, and its machine.
    pub fn parts(&mut self, no: ClientNo) -> (&mut Client, &mut Machine) {
        let client = &mut self.clients[usize::from(no)];
        (client, &mut self.machines[machine_of(no)])
    }

    /// Whether the commit that a client waits for is published or dropped.
    pub fn is_settled(&self, no: ClientNo) -> bool {
        let client = self.client(no);
        let machine = &self.machines[machine_of(no)];
        client.phase == Phase::Settling
            && (client.waits.is_ancestor_of(machine.published)
                || !client.waits.is_ancestor_of(machine.pending))
    }

    /// Whether it is, and will be: another's commit that was dropped may be built once more.
    pub fn is_settled_for_good(&self, no: ClientNo) -> bool {
        let (client, machine) = (self.client(no), &self.machines[machine_of(no)]);
        self.is_settled(no) && (client.own || client.waits.is_ancestor_of(machine.published))
    }

    /// Whether a client can go on by itself: it runs, and waits for no answer and no lock.
    pub fn can_step(&self, no: ClientNo) -> bool {
        match self.client(no).phase {
            Phase::Sent => false,
            Phase::Settling => self.is_settled(no) || self.lock_is_free(machine_of(no)),
            phase => phase.is_running(),
        }
    }

    /// Whether the publish lock of a machine is free: the kernel frees a dead holder's.
    fn lock_is_free(&self, machine: usize) -> bool {
        let holds = |no: ClientNo| machine_of(no) == machine && self.client(no).phase.publishes();
        !self.machines[machine].locked && !EVERY_CLIENT.into_iter().any(holds)
    }

    /// `Publisher::living`: the pending chain, unless nobody waits for any of it.
    pub fn living(&self, protocol: &Protocol, machine: usize) -> Chain {
        let Machine {
            published, pending, ..
        } = self.machines[machine];
        let is_waited_for = |n: u32| {
            let op = pending.op(n);
            let client = self.client(op.client());
            client.phase.is_running()
                && client.run == op.run()
                && protocol.verb(op.client(), client) == op.verb()
        };
        let mut links = published.len()..pending.len();
        if links.any(is_waited_for) {
            pending
        } else {
            published
        }
    }

    /// Adds a stray.
    pub fn add_stray(&mut self, stray: Stray) {
        let mut places = self.strays.iter_mut();
        *places.find(|place| **place == Stray::NONE).unwrap() = stray;
        self.sort_strays();
    }

    /// Takes a stray away.
    pub fn take_stray(&mut self, n: u8) -> Stray {
        let stray = std::mem::replace(&mut self.strays[usize::from(n)], Stray::NONE);
        self.sort_strays();
        stray
    }

    /// Forgets the strays that the remote will refuse whenever they come: its ref never goes back.
    pub fn forget_late_strays(&mut self) {
        let ledger = self.ledger;
        for stray in &mut self.strays {
            if stray.to.first(u32::from(stray.from)) != ledger {
                *stray = Stray::NONE;
            }
        }
        self.sort_strays();
    }

    fn sort_strays(&mut self) {
        self.strays.sort_unstable_by(|a, b| b.cmp(a));
    }
}
