/// What a key pair is for; also the first part of its files' names.
public enum KeyRole: String, Sendable, CaseIterable {
    /// Opens secrets. The private half stays on the hosts that decrypt.
    case master
    /// Marks who may write secrets: envelopes are authenticated with its private half.
    case config
    /// Made for one deployment; authenticates a running task to the daemon.
    case deploy
    /// Made for one image or host; a second proof beside the deploy key.
    case service
}
