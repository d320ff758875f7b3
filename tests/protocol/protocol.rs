//! The steps: what each client, the remote, time and misfortune can do next.

use stateright::{Model, Property};

use crate::ledger::{
    Answering, Chain, ClientNo, Judgement, Request, Verb, carried_out_before, decide,
};
use crate::mutants::Mutant;
use crate::properties;
use crate::state::{CLIENTS, Client, EVERY_CLIENT, Phase, State, Stray, machine_of};

/// What is explored, and how far.
#[derive(Debug, Clone, Copy)]
pub struct Protocol {
    /// What each client asks for, one after the other, as long as the answer is yes.
    pub scripts: [&'static [Verb]; CLIENTS],
    /// How often an exchange with the remote may go wrong.
    pub faults: u8,
    /// How often a client may die.
    pub crashes: u8,
    /// How often time may pass by the length of a lease.
    pub ticks: u8,
    /// Which properties are asked for.
    pub question: Question,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
}

/// Properties that are asked for together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// All that holds in every state.
    Invariants,
    /// One thing that does.
    Invariant(&'static str),
    /// What happens in some states.
    Occurrences,
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A client's own next step; its phase says which.
    Step(ClientNo),
    /// The remote carries out or refuses the push of a client that waits for the answer.
    Remote(ClientNo),
    /// The remote gets a push that nobody waits for any more.
    Late(u8),
    /// Time passes by the length of a lease.
    Tick,
    /// A publisher loses the connection: it will not learn the answer.
    Cut(ClientNo),
    /// The remote is not reached when it is asked for its ref.
    Unreachable(ClientNo),
    /// The time limit of a publisher passes while the outcome is unknown.
    TimeOut(ClientNo),
    /// A client dies.
    Crash(ClientNo),
    /// A new process tries again what a dead or unconfirmed one began, with the same id.
    Retry(ClientNo),
}

impl Protocol {
    /// The request that a client is at.
    pub fn verb(&self, no: ClientNo, client: &Client) -> Verb {
        self.scripts[usize::from(no)][usize::from(client.verb)]
    }

    fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    fn request(&self, no: ClientNo, client: &Client) -> Request {
        Request {
            client: no,
            verb: self.verb(no, client),
            held: client.held,
            at: client.at,
            run: client.run,
        }
    }

    fn actions_of(&self, state: &State, no: ClientNo, actions: &mut Vec<Action>) {
        let client = state.client(no);
        let phase = client.phase;
        if phase == Phase::Sent {
            actions.push(Action::Remote(no));
        } else if state.can_step(no) {
            actions.push(Action::Step(no));
        }
        if phase == Phase::Unknown {
            actions.push(Action::TimeOut(no));
        }
        if state.faults < self.faults {
            match phase {
                Phase::Sent | Phase::Won | Phase::Lost => actions.push(Action::Cut(no)),
                Phase::Refreshing | Phase::Refetching | Phase::Unknown | Phase::GivingUp => {
                    actions.push(Action::Unreachable(no));
                }
                _ => {}
            }
        }
        if phase != Phase::Ready && phase.is_running() && state.crashes < self.crashes {
            actions.push(Action::Crash(no));
        }
        if !client.run && matches!(phase, Phase::Dead | Phase::Unconfirmed) {
            actions.push(Action::Retry(no));
        }
    }

    /// What a client does by itself, by its phase.
    fn step(&self, next: &mut State, no: ClientNo) {
        let (ledger, now) = (next.ledger, next.now);
        let (client, machine) = next.parts(no);
        match client.phase {
            Phase::Ready => {
                client.at = now;
                self.judge(next, no);
            }
            Phase::Judging => self.judge(next, no),
            Phase::Looked => self.build(next, no),
            // `Authority::refresh`.
            Phase::Refreshing => {
                machine.follow(ledger);
                client.refreshed = true;
                client.enter(Phase::Judging);
            }
            Phase::Settling => self.settle(next, no),
            // `authority::follow`: the tracking ref never goes back.
            Phase::Won => {
                if !client.to.is_ancestor_of(machine.published) {
                    machine.follow(client.to);
                }
                client.enter(Phase::Settling);
            }
            // The `Lost` arm of `Publisher::publish_pending`.
            Phase::Lost => {
                machine.drop_pending();
                client.enter(Phase::Refetching);
            }
            Phase::Refetching => {
                machine.follow(ledger);
                client.enter(Phase::Settling);
            }
            Phase::Unknown if self.is(Mutant::RebuildAfterIndeterminate) => {
                machine.drop_pending();
                client.blind = true;
                client.enter(Phase::Judging);
            }
            // Ours is contained, or the tip moved without it: `settle` tells which. If the tip has
            // not moved, the same commits are pushed again, never rebuilt ones (DESIGN §4).
            Phase::Unknown => {
                machine.follow(ledger);
                if ledger != client.to.first(u32::from(client.from)) {
                    client.enter(Phase::Settling);
                } else if client.repeated {
                    machine.drop_pending();
                    client.enter(Phase::GivingUp);
                } else {
                    client.repeated = true;
                    client.enter(Phase::Sent);
                }
            }
            // `Publisher::settled_as`.
            Phase::GivingUp => {
                machine.follow(ledger);
                let landed = client.waits.is_ancestor_of(ledger);
                client.enter(if landed {
                    Phase::Settling
                } else {
                    Phase::Unconfirmed
                });
            }
            Phase::Sent | Phase::Dead | Phase::Done | Phase::Refused | Phase::Unconfirmed => {}
        }
    }

    /// A turn of `Publisher::submit`.
    fn judge(&self, next: &mut State, no: ClientNo) {
        if !self.is(Mutant::LookBeforeLock) {
            return self.build(next, no);
        }
        let (client, machine) = next.parts(no);
        let request = self.request(no, client);
        match carried_out_before(machine.published, &request, Answering::AnyRun) {
            Some(commit) => self.acknowledge(client, no, commit),
            None => client.enter(Phase::Looked),
        }
    }

    /// `Publisher::build`: one step, since it holds the build lock.
    fn build(&self, next: &mut State, no: ClientNo) {
        let (ledger, tip) = (next.ledger, next.living(self, machine_of(no)));
        let (client, machine) = next.parts(no);
        machine.pending = tip;
        let is_published = tip == machine.published;
        let request = self.request(no, client);
        let answering = self.answering(client, request.verb);
        match decide(tip, &request, answering, self.mutant) {
            Judgement::Change(op) => {
                let commit = tip.with(op);
                machine.pending = commit;
                if self.is(Mutant::AcknowledgeBeforePublished) {
                    self.acknowledge(client, no, commit);
                } else {
                    client.wait_for(commit, true);
                }
            }
            Judgement::Already(commit) if is_published => self.acknowledge(client, no, commit),
            Judgement::Refused if is_published && !client.refreshed => {
                client.enter(Phase::Refreshing);
            }
            Judgement::Refused if is_published || self.is(Mutant::RefuseOnPending) => {
                if !tip.is_ancestor_of(ledger) {
                    client.refused_on = tip;
                }
                client.enter(Phase::Refused);
            }
            // `Built::Unsettled`.
            Judgement::Already(_) | Judgement::Refused => client.wait_for(tip, false),
        }
    }

    /// Whose commits answer the request of a client.
    fn answering(&self, client: &Client, verb: Verb) -> Answering {
        match self.mutant {
            Some(Mutant::RebuildAfterIndeterminate) if client.blind => Answering::Nobody,
            Some(Mutant::NewIdOnRetry) => Answering::ThisRun,
            // Claims are known by the state of their task: `had_already`.
            Some(Mutant::LookBeforeLock) if verb != Verb::Claim => Answering::Nobody,
            Some(Mutant::LookOnlyOnce) if verb != Verb::Claim && client.phase != Phase::Ready => {
                Answering::ThisRun
            }
            _ => Answering::AnyRun,
        }
    }

    /// A turn of `Publisher::settle`, up to the push of `Publisher::publish_pending`.
    fn settle(&self, next: &mut State, no: ClientNo) {
        let is_settled = next.is_settled(no);
        let living = next.living(self, machine_of(no));
        let (client, machine) = next.parts(no);
        if is_settled && client.own && client.waits.is_ancestor_of(machine.published) {
            let commit = client.waits;
            self.acknowledge(client, no, commit);
        } else if is_settled {
            client.enter(Phase::Judging);
        } else if living == machine.published {
            machine.drop_pending();
            client.enter(Phase::Judging);
        } else {
            client.from = machine.published.len() as u8;
            client.to = living;
            client.enter(Phase::Sent);
        }
    }

    /// The answer is yes: a claim binds its client, and the script goes on.
    fn acknowledge(&self, client: &mut Client, no: ClientNo, commit: Chain) {
        let op = commit.last().unwrap();
        if op.verb() == Verb::Claim {
            client.held = Some((op.task(), op.epoch()));
        }
        client.acknowledged = commit;
        client.verb += 1;
        let over = usize::from(client.verb) == self.scripts[usize::from(no)].len();
        client.enter(if over { Phase::Done } else { Phase::Ready });
    }

    /// What the remote does with a push of `authority::Remote::publish`: whether it moves its ref,
    /// which has to be where the push expects it.
    fn push(&self, next: &mut State, push: Stray) -> bool {
        if self.is(Mutant::PushWithoutExpectedValue) {
            next.ledger = push.to;
            return true;
        }
        let is_expected = next.ledger == push.to.first(u32::from(push.from));
        if is_expected {
            next.ledger = push.to;
            next.forget_late_strays();
        }
        is_expected
    }

    /// Nobody waits for the client's push any more: what the remote has not got may still come.
    fn abandon_push(&self, next: &mut State, no: ClientNo) {
        let Client {
            phase, to, from, ..
        } = *next.client(no);
        if phase == Phase::Sent {
            next.add_stray(Stray { to, from });
            if !self.is(Mutant::PushWithoutExpectedValue) {
                next.forget_late_strays();
            }
        }
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::INITIAL]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        // What nobody else sees is done at once: whatever else could come first could as well come
        // after it, and would lead to the same state.
        let mut clients = EVERY_CLIENT.into_iter();
        if let Some(no) = clients.find(|no| state.is_settled_for_good(*no)) {
            actions.push(Action::Step(no));
            if state.crashes < self.crashes {
                actions.push(Action::Crash(no));
            }
            return;
        }
        for no in EVERY_CLIENT {
            self.actions_of(state, no, actions);
        }
        for (n, stray) in (0..).zip(&state.strays) {
            if *stray != Stray::NONE {
                actions.push(Action::Late(n));
            }
        }
        if state.now < self.ticks {
            actions.push(Action::Tick);
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = *state;
        match action {
            Action::Step(no) => self.step(&mut next, no),
            Action::Remote(no) => {
                let Client { to, from, .. } = *state.client(no);
                let won = self.push(&mut next, Stray { to, from });
                let (client, _) = next.parts(no);
                client.enter(if won { Phase::Won } else { Phase::Lost });
            }
            Action::Late(n) => {
                let stray = next.take_stray(n);
                self.push(&mut next, stray);
            }
            Action::Tick => next.now += 1,
            Action::Cut(no) => {
                self.abandon_push(&mut next, no);
                next.faults += 1;
                next.parts(no).0.enter(Phase::Unknown);
            }
            Action::Unreachable(no) => {
                next.faults += 1;
                let (client, machine) = next.parts(no);
                if client.phase == Phase::Unknown {
                    machine.drop_pending();
                }
                client.enter(Phase::Unconfirmed);
            }
            // The `Indeterminate` arm of `Publisher::publish_pending`.
            Action::TimeOut(no) => {
                let (client, machine) = next.parts(no);
                machine.drop_pending();
                client.enter(Phase::GivingUp);
            }
            Action::Crash(no) => {
                self.abandon_push(&mut next, no);
                next.crashes += 1;
                let (client, machine) = next.parts(no);
                machine.locked |= client.phase.publishes() && self.is(Mutant::LockOutlivesHolder);
                client.enter(Phase::Dead);
            }
            // `BegunClaim::begin` for a claim, `--request-id` for the rest.
            Action::Retry(no) => {
                let (client, _) = next.parts(no);
                client.run = true;
                client.enter(Phase::Ready);
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        match self.question {
            Question::Invariants => properties::all_of_them(),
            Question::Invariant(name) => properties::one_of_them(name),
            Question::Occurrences => properties::occurrences(),
        }
    }
}
