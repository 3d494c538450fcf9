import ArgumentParser
import Hummingbird
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import SecretaryCore
import SecretaryRemote
import ServiceLifecycle
import SystemPackage

/// The central daemon: finds out which task asks, what it may have, and opens that for it.
@main struct Secretaryd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "secretaryd")
}
