//! Files with which other tools call laneway.

const GITHUB: &str = include_str!("../../../templates/ci/github.yml");
const GITLAB: &str = include_str!("../../../templates/ci/gitlab.yml");
const PRE_COMMIT: &str = include_str!("../../../templates/ci/pre-commit.yaml");

/// A tool that calls laneway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
    /// The pre-commit framework.
    PreCommit,
}

impl Tool {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::PreCommit => "pre-commit",
        }
    }

    /// The text of its file.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Github => GITHUB,
            Self::Gitlab => GITLAB,
            Self::PreCommit => PRE_COMMIT,
        }
    }
}
