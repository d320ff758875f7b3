//! What a seed makes happen: how many actors, which faults, how often. Faults have a budget, so that
//! every seed calms down.

use crate::dice::Dice;

/// Who decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decider {
    /// The refs of the one machine.
    Local,
    /// The refs of a remote.
    Remote,
}

/// A seam that does not what it promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breakage {
    /// The authority says that it moved the ref, and did not.
    WonWithoutMoving,
    /// The authority moves the ref whatever it stands at.
    NoExpectedValue,
    /// The authority confirms a push that is still under way.
    ConfirmedTooEarly,
    /// A fetch says that it is done, and every other time brought nothing.
    StaleFetch,
}

/// What a seed makes happen.
#[derive(Debug, Clone)]
pub struct Weather {
    /// Who decides.
    pub decider: Decider,
    /// `durability: full`.
    pub durable: bool,
    /// The machine of each client.
    pub clients: Vec<usize>,
    /// Number of machines.
    pub machines: usize,
    /// Number of tasks that clients go for.
    pub tasks: usize,
    /// Operations of each client.
    pub operations: u64,
    /// How often, in a thousand, an actor goes on without giving the turn away.
    pub calmness: u64,
    /// Deaths that are left, and how often in a thousand steps.
    pub crashes: u32,
    pub crash_chance: u64,
    /// Stops that are left, and how often in a thousand steps.
    pub freezes: u32,
    pub freeze_chance: u64,
    /// Faults of the network that are left, and how often in a thousand exchanges.
    pub faults: u32,
    pub fault_chance: u64,
    /// Seconds that each machine's clock is ahead.
    pub skews: Vec<i64>,
    /// Jumps of a clock that are left, and how often in a thousand operations.
    pub jumps: u32,
    pub jump_chance: u64,
    /// Whether clients mostly reopen and claim.
    pub reopens: bool,
    /// Whether one process serves all operations of a client.
    pub serves: bool,
    /// Whether there never was a fault: only the order of steps is left to chance.
    pub was_fair: bool,
    /// What is broken on purpose.
    pub broken: Option<Breakage>,
}

impl Weather {
    /// The weather of `seed`.
    pub fn of(seed: u64) -> Self {
        let dice = &mut Dice::new(!seed);
        let decider = if dice.happens(250) {
            Decider::Local
        } else {
            Decider::Remote
        };
        let machines = match decider {
            Decider::Local => 1,
            Decider::Remote => 2 + usize::from(dice.happens(300)),
        };
        let count = 3 + dice.below(3);
        let clients = (0..count)
            .map(|_| usize::try_from(dice.below(machines as u64)).unwrap_or(0))
            .collect();
        let lies = |dice: &mut Dice| match dice.below(4) {
            0 => *dice.pick(&[-86_400, -400, -45, 45, 400, 86_400]),
            _ => 0,
        };
        let weather = Self {
            decider,
            durable: dice.happens(60),
            clients,
            machines,
            tasks: 2 + usize::try_from(dice.below(3)).unwrap_or(0),
            operations: 2 + dice.below(3),
            calmness: *dice.pick(&[0, 500, 800, 950]),
            crashes: if dice.happens(500) { 3 } else { 0 },
            crash_chance: *dice.pick(&[3, 10, 30]),
            freezes: if dice.happens(400) { 3 } else { 0 },
            freeze_chance: *dice.pick(&[3, 10]),
            faults: if dice.happens(600) { 6 } else { 0 },
            fault_chance: *dice.pick(&[100, 300, 600]),
            skews: (0..machines).map(|_| lies(dice)).collect(),
            jumps: if dice.happens(200) { 2 } else { 0 },
            jump_chance: 200,
            reopens: false,
            serves: dice.happens(800),
            was_fair: false,
            broken: None,
        };
        Self {
            was_fair: weather.crashes + weather.freezes + weather.faults == 0,
            ..weather
        }
    }

    /// Clients that are stopped for longer than a lease, and write on.
    pub fn slow(seed: u64) -> Self {
        Self {
            freezes: 6,
            freeze_chance: 30,
            was_fair: false,
            ..Self::of(seed)
        }
    }

    /// Clocks that lie by up to a day, and are set while somebody works.
    pub fn wrong_clocks(seed: u64) -> Self {
        let weather = Self::of(seed);
        let dice = &mut Dice::new(seed ^ 0xC10C);
        let skews = weather.skews.iter();
        let skew = |_| i64::try_from(dice.below(172_800)).unwrap_or(0) - 86_400;
        Self {
            skews: skews.map(skew).collect(),
            jumps: 4,
            jump_chance: 400,
            ..weather
        }
    }

    /// A dependency that is taken up again while others claim what depends on it: a small play, of
    /// which many are worth more than a few long ones.
    pub fn reopened(seed: u64) -> Self {
        let mut weather = Self::of(seed);
        weather.clients.truncate(3);
        Self {
            tasks: 2,
            operations: 2,
            reopens: true,
            ..weather
        }
    }

    /// The weather of `seed` with a seam broken on purpose, and no other fault.
    pub fn broken(seed: u64, broken: Breakage) -> Self {
        let mut weather = Self {
            decider: Decider::Remote,
            ..Self::of(seed)
        };
        if weather.machines == 1 {
            weather.machines = 2;
            weather.skews = vec![0, 0];
            for (n, machine) in weather.clients.iter_mut().enumerate() {
                *machine = n % 2;
            }
        }
        weather.clear_up();
        weather.was_fair = false;
        weather.broken = Some(broken);
        weather
    }

    /// Ends all faults.
    pub fn clear_up(&mut self) {
        (self.crashes, self.freezes, self.faults, self.jumps) = (0, 0, 0, 0);
    }
}
