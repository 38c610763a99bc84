/** A task file that ACR would not run, or that local Azure cannot; the message is what the run's log says of it. */
export class TaskFileError extends Error {}
