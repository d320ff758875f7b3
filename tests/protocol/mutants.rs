//! The protocol with one line broken each: what shows that the properties can fail.

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// A client is told yes once its commit is built.
    AcknowledgeBeforePublished,
    /// A refusal is told although it rests on commits that are only pending.
    RefuseOnPending,
    /// A take-over leaves the epoch as it is.
    TakeOverKeepsEpoch,
    /// A late write is judged without a look at who holds the task under which epoch.
    NoFencing,
    /// A retry by a new process is a new request.
    NewIdOnRetry,
    /// The remote takes a push wherever its ref stands.
    PushWithoutExpectedValue,
    /// After an unknown outcome the publisher decides afresh, with no look for what it sent.
    RebuildAfterIndeterminate,
    /// Whether a renewal or handoff was carried out before is asked before the build lock is
    /// taken, not under it.
    LookBeforeLock,
    /// Whether a dead predecessor's renewal or handoff was carried out is asked once, not with
    /// every decision.
    LookOnlyOnce,
    /// A publish lock outlives its holder.
    LockOutlivesHolder,
}
