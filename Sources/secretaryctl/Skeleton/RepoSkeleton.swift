import SecretaryCore
import SystemPackage

/// The files of a new config repo.
struct RepoSkeleton {
    let root: FilePath

    private static let settingsName = Settings.fileName
    private static let exampleName = "prod/web.yml"
    private static let ignoreName = ".gitignore"

    /// Writes them, keys included.
    /// - Parameter replacing: replace the settings and the example when they exist; keys are never replaced.
    /// - Returns: what was written.
    /// - Throws: `.cannotCreate`, naming everything that is in the way, before anything is written.
    func write(replacing: Bool) throws(SecretaryError) -> [FilePath] {
        let settings = root.appending(RepoSkeleton.settingsName)
        let example = root.appending(RepoSkeleton.exampleName)
        if !replacing {
            let existing = [settings, example].filter(PlainFile.exists)
            guard existing.isEmpty else {
                throw SecretaryError(
                    .cannotCreate, "\(existing.map(\.string).joined(separator: " and ")) exists already",
                    hint: "choose another folder, or replace the files, but not the keys, with --force")
            }
        }
        try PlainFile.makeFolder(root)
        let keys = try SkeletonKeys(folder: root.appending("keys")).complete()
        let scope = try Scope(parsing: "/prod/web")
        let secret = try PlainFile.secret("correct horse battery staple")
        let envelope = try HPKESealer(masterKey: keys.master, configKey: keys.config).seal(secret, scope: scope)

        var made = keys.made
        try PlainFile.makeFolder(example.removingLastComponent())
        try PlainFile.write(RepoSkeleton.settings, to: settings, replacing: replacing)
        try PlainFile.write(RepoSkeleton.example(envelope), to: example, replacing: replacing)
        made += [settings, example]
        if try ignorePrivateKeys() { made.append(root.appending(RepoSkeleton.ignoreName)) }
        return made
    }

    /// Makes git ignore private keys; what the file says already stays.
    private func ignorePrivateKeys() throws(SecretaryError) -> Bool {
        let file = root.appending(RepoSkeleton.ignoreName)
        let before = PlainFile.exists(file) ? try PlainFile.read(file) : ""
        guard !before.split(separator: "\n").contains("*-private-key.pem") else { return false }
        let separator = before.isEmpty || before.hasSuffix("\n") ? "" : "\n"
        try PlainFile.write(
            before + separator + """
                # Private keys: of the master key, whoever has it reads every secret; of the config key, whoever has it can
                # write secrets, and can read every NACL envelope.
                *-private-key.pem

                """, to: file, replacing: true)
        return true
    }

    private static let settings = """
        # What secretaryctl knows about this repository.
        version: 1

        # How new secrets are sealed. hpke envelopes have a scope, and their writer cannot read them again; nacl is what
        # the original Secretary reads.
        format: hpke

        # What happens to values without a scope when an app reads them: allow, warn or deny.
        unscoped: warn

        # Keys for sealing, relative to this file.
        keys:
          master: keys/master-public-key.pem
          config: keys/config-private-key.pem

        # The first environment whose path matches a file counts. {path} is the file's place below what the pattern
        # spells out, without its ending: the secrets of prod/web.yml have the scope /prod/web.
        environments:
          - path: prod/**
            scope: /prod/{path}

        # What a mount shows, by name: secretaryctl mount --view web
        views:
          web:
            source: prod/web.yml
            app: /prod/web

        """

    private static func example(_ envelope: Envelope) -> String {
        """
        # Configuration of the web service. Whoever may change this file can add a secret:
        #   echo -n s3cret | secretaryctl encrypt --scope /prod/web
        database:
          host: db.example.com
          user: web
          password: \(String(decoding: envelope.text, as: UTF8.self))

        """
    }

    /// What to do with a new repo.
    var nextSteps: String {
        """

        next\(root == "." ? "" : ", in \(root)"):
          secretaryctl decrypt < prod/web.yml
          echo -n s3cret | secretaryctl encrypt --scope /prod/web
          PASSWORD="ENC[...]" secretaryctl exec -- sh -c 'echo $PASSWORD'

        Keep keys/master-private-key.pem safe and out of the repo: whoever has it reads every secret, and when it is
        lost, so are they.
        """
    }
}
