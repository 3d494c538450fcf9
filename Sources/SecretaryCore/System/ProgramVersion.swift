/// The version of Secretary's programs; scripts may compare it.
package enum ProgramVersion {
    package static let current = "0.1.0"
}
