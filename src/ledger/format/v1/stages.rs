//! The stage contract of a task: which agent on which machine at each stage (S1 to S6).

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserializer, SeqAccess, Visitor, value::SeqAccessDeserializer};
use serde::{Deserialize, Serialize};

use crate::domain::id::{AgentName, StageName, WorkstationName};
use crate::ledger::format::problem::Place;
use crate::ledger::format::text::{Lexeme, Line, Text};

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
    /// On which workstation, one or several; none: any that is capable.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub workstation: OneOrMany<WorkstationName>,
    /// What the workstation must have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<Text<Line>>,
    /// The gate that must hold before the stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<Text<StageName>>,
}

impl StagesEntry {
    /// Notes what is wrong with the stages.
    pub(super) fn check(self, at: &Place<'_>) {
        let stages = [
            ("resource", self.resource),
            ("plan", self.plan),
            ("plan_review", self.plan_review),
            ("claim", self.claim),
            ("execute", self.execute),
            ("review", self.review),
            ("close", self.close),
        ];
        for (name, stage) in stages {
            let Some(stage) = stage else { continue };
            let at = at.key(name);
            at.maybe("agent", stage.agent);
            stage.workstation.check(&at.key("workstation"));
            let _: Vec<Line> = at.list("capabilities", stage.capabilities);
            at.maybe("gate", stage.gate);
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

impl<T: Lexeme> OneOrMany<T> {
    fn check(self, at: &Place<'_>) {
        match self {
            Self::One(text) => {
                at.take(text);
            }
            Self::Many(list) => {
                for (index, text) in list.into_iter().enumerate() {
                    at.item(index).take(text);
                }
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
