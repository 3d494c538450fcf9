extension ProcessEnvironment.Entry {
    /// One of the variables in which a private key may be: it is this program's business, not the command's.
    var isPrivateKey: Bool {
        isNamed("DEPLOY_PRIVATE_KEY") || isNamed("SERVICE_PRIVATE_KEY") || isNamed("MASTER_PRIVATE_KEY")
            || isNamed("PRIVATE_KEY")
    }
}
