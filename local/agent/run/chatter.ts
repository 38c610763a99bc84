/** What pip says of each package that it looks at, fetches and installs: hundreds of lines for one environment. */
const pip =
  /^\W*(Collecting|Downloading|Using cached|Requirement already satisfied|Looking in (links|indexes)|Installing (collected packages|build dependencies|backend dependencies)|Successfully (installed|built|uninstalled)|Building wheels?|Created wheel|Stored in directory|Preparing metadata|Getting requirements|Processing \/|Obtaining |Saved |Attempting uninstall|Found existing installation|Uninstalling|WARNING: Running pip as|\[notice\]|━+|INFO: pip is looking|Defaulting to user installation|Using Python [\d.]+ environment at|Resolved \d+ packages?|Prepared \d+ packages?|Installed \d+ packages?|Uninstalled \d+ packages?|Bytecode compiled|[\w.-]+==\S+$)/;
/** The agent heads each task's log by this. */
const rule = '='.repeat(78);

/**
 * Tells the lines of a step that a reader of the terminal can do without; the step's log has them all. One object a step, which
 * gets every line in its order.
 */
export class Chatter {
  #rules = 0;
  #told = false;

  /** Whether the line belongs to the head of the log: the task's name, version and help. */
  isHead(line: string): boolean {
    if (line === rule && this.#rules < 2) {
      this.#rules++;
      return true;
    }
    return this.#rules === 1;
  }

  /** For one of many alike: what it says, and whether it is the first of an environment. */
  packageLine(line: string): { text: string; isFirst: boolean } | undefined {
    // The next environment is told of again.
    if (/Creating a virtual environment|^\W*(STEP|Step) \d+/.test(line)) this.#told = false;
    if (!pip.test(line)) return undefined;
    const isFirst = !this.#told;
    this.#told = true;
    return { text: line.trim().replace(/ \(from .*$/, ''), isFirst };
  }
}
