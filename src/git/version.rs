use super::{GitError, Repo};

/// The oldest git that has all that is asked of it: `worktree list -z` came with this one.
pub const NEEDED: (u32, u32) = (2, 36);

impl Repo {
    /// The version of the git on the path, as it tells it, and its first two numbers.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn git_version(&self) -> Result<(String, Option<(u32, u32)>), GitError> {
        let told = self.succeed(&self.git(&["version"]), "version")?;
        let told = String::from_utf8_lossy(&told).trim().to_owned();
        let numbers = numbers(&told);
        Ok((told, numbers))
    }
}

/// The first two numbers of `git version 2.47.3 (Apple Git-1)`.
fn numbers(told: &str) -> Option<(u32, u32)> {
    let version = told.split_whitespace().nth(2)?;
    let mut parts = version.split('.');
    let mut next = || parts.next()?.parse().ok();
    Some((next()?, next()?))
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn versions_are_read_however_they_are_built() {
        assert_eq!(numbers("git version 2.47.3"), Some((2, 47)));
        assert_eq!(numbers("git version 2.39.5 (Apple Git-154)"), Some((2, 39)));
        assert_eq!(numbers("git version 2.53.GIT"), Some((2, 53)));
        assert_eq!(numbers("git"), None);
    }
}
