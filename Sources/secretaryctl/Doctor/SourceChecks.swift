import Glibc
import SecretFS
import SecretaryCore
import SystemPackage

/// Whether a source can be shown, and its secrets opened, by whoever asks.
struct SourceChecks {
    var source: FilePath
    var reader: Reader

    func findings() -> [Finding] {
        let repository: ConfigRepository
        do throws(SecretaryError) {
            repository = try ConfigRepository.discover(from: source)
        } catch {
            return [problem("source", error)]
        }
        return [keys(of: repository)] + keyFiles(of: repository) + contents()
    }

    /// The keys that a mount would have.
    private func keys(of repository: ConfigRepository) -> Finding {
        do throws(SecretaryError) {
            let ring = try reader.keyRing(for: repository)
            let masters = ring.masterKeys.map { "\($0.publicKey.id)" }.joined(separator: ", ")
            return .ok("keys", "secrets for master key \(masters) can be opened")
        } catch {
            return problem("keys", error)
        }
    }

    /// Private keys that the settings name, whoever needs them.
    private func keyFiles(of repository: ConfigRepository) -> [Finding] {
        repository.keyFiles.map { repository.root.pushing($0) }.sorted { $0.string < $1.string }.compactMap { file in
            guard file.lastComponent?.string.contains("private") ?? false, let status = try? Stat(file) else {
                return nil
            }
            let mode = status.permissions.rawValue & 0o777
            guard mode & 0o077 != 0 else { return .ok("key file", "\(file) is its owner's alone") }
            return .problem(
                "key file", "others than its owner may read \(file) (mode 0\(String(mode, radix: 8)))",
                fix: "chmod 600 \(file)")
        }
    }

    /// Whether all of the source can be read and understood.
    private func contents() -> [Finding] {
        let selection = MountSelection(
            place: source, view: nil, select: nil, layout: .keys, includesPlain: false, app: nil, mode: 0o400,
            owner: geteuid(), group: getegid())
        do throws(SecretaryError) {
            let loaded = try RepositorySource(selection, decryptor: LocalDecryptor(keys: KeyRing())).load(unsettled: [])
            let count = loaded.files.all.count
            return [.ok("source", "\(count) \(count == 1 ? "secret" : "secrets") in \(source)")]
                + loaded.warnings.map { .warning("source", $0, fix: nil) }
        } catch {
            return [problem("source", error)]
        }
    }

    private func problem(_ check: String, _ error: SecretaryError) -> Finding {
        .problem(check, error.message, fix: error.hint)
    }
}
