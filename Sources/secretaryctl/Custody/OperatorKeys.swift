import ArgumentParser
import SecretaryCore
import SystemPackage

/// Private keys of operators, which open the shares that are sealed to them.
struct OperatorKeys: ParsableArguments {
    @Option(
        name: .customLong("operator-key"),
        help: ArgumentHelp("Private key of the operator; may be repeated.", valueName: "file"), completion: .file())
    var files: [String] = []

    @Flag(name: .customLong("insecure-keys"), help: "Accept private key files that others can read.")
    var insecureKeys = false

    /// - Throws: `.noInput`, `.malformed`, `.denied`, naming the file.
    func read() throws(SecretaryError) -> [PrivateKey] {
        var keys: [PrivateKey] = []
        for file in files { keys.append(try KeyFiles.readPrivateKey(FilePath(file), allowInsecure: insecureKeys)) }
        return keys
    }

    /// Opens the share in a file by the first key that fits.
    /// - Throws: `.wrongKey` when none does, `.noInput`, `.malformed`; all name the file.
    static func open(_ path: FilePath, by keys: [PrivateKey]) throws(SecretaryError) -> KeyShare {
        let text = try CustodyFiles.read(path)
        do throws(SecretaryError) {
            for key in keys {
                do throws(SecretaryError) {
                    return try KeyShare.open(text: text, by: key)
                } catch {
                    guard error.code == .wrongKey else { throw error }
                }
            }
            throw SecretaryError(
                .wrongKey, "none of the operators' keys opens the share",
                hint: "name its operator's with --operator-key")
        } catch {
            throw error.prefixed("\(path)")
        }
    }
}
