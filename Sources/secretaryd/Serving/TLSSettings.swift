import SecretaryCore
import SystemPackage

/// How connections are encrypted.
struct TLSSettings: Sendable, Hashable {
    /// The certificate, and after it those that lead to the CA (PEM).
    var certificate: FilePath
    var key: FilePath
    /// The CA whose certificates clients have to have; `nil` when they need none.
    var clientCA: FilePath?
    var clientNames: [Glob] = []

    static let keys = ["certificate", "key", "client-ca", "client-names"]

    init(certificate: FilePath, key: FilePath) {
        self.certificate = certificate
        self.key = key
    }

    init(_ section: SettingsSection, in folder: FilePath) throws(SecretaryError) {
        certificate = try section.required("certificate", section.file("certificate", in: folder))
        key = try section.required("key", section.file("key", in: folder))
        clientCA = try section.file("client-ca", in: folder)
        clientNames = try section.list("client-names") { text throws(SecretaryError) in
            // In a URI a star stands for what is between slashes, in a DNS name for what is between dots.
            try Glob(parsing: text, separator: text.contains("/") ? "/" : ".")
        }
        guard !clientNames.isEmpty || !section.has("client-names") else {
            throw section.error(
                "\(section.name) has an empty list of client-names", at: section.location(of: "client-names"),
                hint: "leave it out if any client of the CA may connect")
        }
        guard clientNames.isEmpty || clientCA != nil else {
            throw section.error(
                "\(section.name) has client-names and no client-ca", at: section.location(of: "client-names"),
                hint: "name the file with the CA that vouches for the names")
        }
    }
}
