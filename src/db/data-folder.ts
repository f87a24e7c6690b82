import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { fileProblem } from '../runtime/file-problem.ts';

/** The data folder can't be created, or this process can't write to it. Waiting does not help. */
class DataFolderUnusable extends Error {
  override readonly name = 'DataFolderUnusable';
  readonly code = 'DATA_FOLDER_UNUSABLE';
}

/**
 * Creates the data folder if it is missing, and checks that this process can write to it.
 * @throws DataFolderUnusable, which names the setting
 */
export const openDataFolder = async (dataDir: string): Promise<void> => {
  try {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const problem = fileProblem(error);
    if (problem === undefined) throw error;
    throw new DataFolderUnusable(
      `Can't use the data folder ${dataDir} (CARILLON_DATA): ${problem}. Let the user of this process write to it, or set CARILLON_DATA to another folder.`,
      { cause: error },
    );
  }
};
