//! The stage contract of a task: which agent on which machine at each stage (S1 to S6).

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserializer, SeqAccess, Visitor, value::SeqAccessDeserializer};
use serde::{Deserialize, Serialize};

use crate::domain::id::{AgentName, StageName, WorkstationName};
use crate::domain::stage::{GateWord, Stage, StageContract, StageTerms};
use crate::ledger::format::problem::{Place, Problem, collect};
use crate::ledger::format::read::{File, check_version};
use crate::ledger::format::text::{Lexeme, Line, Text};

/// A stage contract in a file of its own, which tasks name by `stages_ref`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StagesFile {
    /// Version of the format.
    pub version: u32,
    /// Agents and machines by stage.
    pub stages: StagesEntry,
}

impl File for StagesFile {
    type Domain = StageContract;

    fn into_domain(self) -> Result<StageContract, Vec<Problem>> {
        collect(|at| {
            check_version(at, self.version);
            Some(self.stages.convert(&at.key("stages")))
        })
    }
}

/// Agents and machines by stage.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StagesEntry {
    /// Finding what the work needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<StageEntry>,
    /// Planning it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<StageEntry>,
    /// Judging the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_review: Option<StageEntry>,
    /// Taking it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<StageEntry>,
    /// Doing it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execute: Option<StageEntry>,
    /// Judging it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<StageEntry>,
    /// Closing it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close: Option<StageEntry>,
}

/// Who does one stage, where, and what must hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StageEntry {
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Text<AgentName>>,
    /// Who may stand in, one or several.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub secondary: OneOrMany<AgentName>,
    /// On which workstation, one or several; none: any that is capable.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub workstation: OneOrMany<WorkstationName>,
    /// What the workstation must have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<Text<Line>>,
    /// The gate that must hold before the stage: `machine_ready`, `approval`, `plan_approved` or
    /// `evidence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<Text<StageName>>,
}

impl StagesEntry {
    /// What the stages say.
    pub(super) fn convert(self, at: &Place<'_>) -> StageContract {
        let stages = [
            (Stage::Resource, self.resource),
            (Stage::Plan, self.plan),
            (Stage::PlanReview, self.plan_review),
            (Stage::Claim, self.claim),
            (Stage::Execute, self.execute),
            (Stage::Review, self.review),
            (Stage::Close, self.close),
        ];
        let terms = |(stage, entry): (Stage, Option<StageEntry>)| {
            let terms = entry?.convert(&at.key(stage.word()));
            Some((stage, terms))
        };
        StageContract {
            stages: stages.into_iter().filter_map(terms).collect(),
        }
    }
}

impl StageEntry {
    fn convert(self, at: &Place<'_>) -> StageTerms {
        let agent = at.maybe("agent", self.agent);
        let secondary = self.secondary.convert(&at.key("secondary"));
        let workstations = self.workstation.convert(&at.key("workstation"));
        let capabilities: Vec<Line> = at.list("capabilities", self.capabilities);
        let gate = at.maybe("gate", self.gate);
        StageTerms {
            agent,
            secondary,
            workstations,
            capabilities: capabilities.into_iter().map(String::from).collect(),
            gate: gate.map(GateWord::of),
        }
    }
}

impl From<&StageContract> for StagesEntry {
    fn from(contract: &StageContract) -> Self {
        let entry = |stage| contract.terms(stage).map(StageEntry::from);
        Self {
            resource: entry(Stage::Resource),
            plan: entry(Stage::Plan),
            plan_review: entry(Stage::PlanReview),
            claim: entry(Stage::Claim),
            execute: entry(Stage::Execute),
            review: entry(Stage::Review),
            close: entry(Stage::Close),
        }
    }
}

impl From<&StageTerms> for StageEntry {
    fn from(terms: &StageTerms) -> Self {
        let gate = terms.gate.as_ref().map(|gate| match gate {
            GateWord::Known(known) => Text::written(known.word()),
            GateWord::Unknown(name) => Text::from(name.clone()),
        });
        let line = |text: &String| Text::from(Line(text.clone()));
        Self {
            agent: terms.agent.clone().map(Text::from),
            secondary: OneOrMany::of(&terms.secondary),
            workstation: OneOrMany::of(&terms.workstations),
            capabilities: terms.capabilities.iter().map(line).collect(),
            gate,
        }
    }
}

/// One text or a list of them.
#[derive(Debug, Clone, PartialEq)]
pub enum OneOrMany<T> {
    /// One text.
    One(Text<T>),
    /// A list.
    Many(Vec<Text<T>>),
}

impl<T> OneOrMany<T> {
    fn is_empty(&self) -> bool {
        matches!(self, Self::Many(list) if list.is_empty())
    }
}

impl<T: Lexeme + Clone> OneOrMany<T> {
    /// One value is written without a list.
    fn of(values: &[T]) -> Self {
        match values {
            [one] => Self::One(one.clone().into()),
            many => Self::Many(many.iter().cloned().map(Text::from).collect()),
        }
    }

    fn convert(self, at: &Place<'_>) -> Vec<T> {
        match self {
            Self::One(text) => at.take(text).into_iter().collect(),
            Self::Many(list) => {
                let items = list.into_iter().enumerate();
                items
                    .filter_map(|(index, text)| at.item(index).take(text))
                    .collect()
            }
        }
    }
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl<T: fmt::Display> Serialize for OneOrMany<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(text) => text.serialize(serializer),
            Self::Many(list) => list.serialize(serializer),
        }
    }
}

impl<'de, T: Lexeme> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<T>(std::marker::PhantomData<T>);

        impl<'de, T: Lexeme> Visitor<'de> for Read<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(OneOrMany::One(Text::written(text)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMany::Many)
            }
        }

        deserializer.deserialize_any(Read(std::marker::PhantomData))
    }
}

impl<T: Lexeme> JsonSchema for OneOrMany<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("OneOrMany{}", T::name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<Text<T>>();
        let many = generator.subschema_for::<Vec<Text<T>>>();
        schemars::json_schema!({"anyOf": [one, many]})
    }
}
