import { chmodSync, mkdirSync } from 'node:fs';
import { messageOf } from '../../messageOf';

/**
 * Makes a folder that no other user of the machine may look into, and closes one that is there already: with the folder,
 * everything below it is closed. (Windows has no such modes; there the user's profile is closed by its access list.)
 */
export function closedFolder(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    chmodSync(folder, 0o700);
  } catch (error) {
    throw new Error(
      `The folder ${folder} could not be closed to other users of this machine (${messageOf(error)}). Choose a folder of your own.`,
      { cause: error },
    );
  }
  return folder;
}
