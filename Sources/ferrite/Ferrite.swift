import ArgumentParser

@main
struct Ferrite: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ferrite",
    abstract: "Turns trained float networks into fixed-point models and runs them.",
    subcommands: [Faces.self])
}
