use super::{GitError, Repo, output};

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
        let numbers = output::version(&told);
        Ok((told, numbers))
    }
}
