//! Ways of several steps, whole, to be copied. A test goes each of them.

/// A way of several steps.
#[derive(Debug, Clone, Copy)]
pub struct GuidePage {
    /// Its id.
    pub id: &'static str,
    /// What is reached, as a lower-case fragment.
    pub about: &'static str,
    /// Why, and what to know.
    pub text: &'static str,
    /// The steps: commands after `$ `, remarks after `#`, and what a file is to hold, indented
    /// below its name.
    pub steps: &'static str,
}

/// All of them.
pub const GUIDES: &[GuidePage] = &[GuidePage {
    id: "signatures",
    about: "showing who made a ledger commit, and asking for it",
    text: "A name in the ledger is what somebody typed. `log`, `show`, `except`, `request` and the \
           audits say beside each act what shows that it is true: `unsigned`, nothing does; \
           `committer`, the address of the commit is one that the identity map gives to the agent; \
           `signed`, an SSH key that the map gives to the agent signed it; `verified`, the server's \
           hook has judged it, too. `signatures: {minimum: …}` of policy refuses less, on clients \
           and, with `laneway hooks install --server`, on the server. Ask for it last: whoever has \
           no key in the map can do nothing from then on.",
    steps: "\
# a key for the agent; one with a passphrase goes into ssh-agent, with `ssh-add`
$ mkdir -p -m 700 ~/.ssh
$ ssh-keygen -q -t ed25519 -N '' -C @bot -f ~/.ssh/laneway-bot

# git signs with it in this clone, and laneway as git does (`laneway.sign`: laneway alone)
$ git config gpg.format ssh
$ git config user.signingKey ~/.ssh/laneway-bot
$ git config commit.gpgSign true

# the map gives it to the agent: the line of ~/.ssh/laneway-bot.pub
governance/identity-map.yaml
    agents:
      - name: \"@bot\"
        kind: agent
        roles: [A-backend]
        may: [claim, handoff]
        signing_keys:
          - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI… @bot
$ git add governance
$ git commit -q -m 'Give @bot its key'

# from now on it shows: signed
$ laneway note A-1 'the first that is signed' --as @bot
$ laneway log --limit 1
$ laneway show A-1

# ask for it, once everybody who acts has a key in the map
governance/policy.yaml
    signatures: {minimum: signed}
$ git add governance
$ git commit -q -m 'Ask for signatures'
$ laneway note A-1 'asked for, and given' --as @bot
",
}];
