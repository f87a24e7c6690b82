const MEANINGS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'it, or a part of its path, is not a folder',
  EEXIST: 'it is not a folder',
  EISDIR: 'it is a folder',
  EROFS: 'its file system is read-only',
  ENOSPC: 'its file system is full',
};

/** Returns why the file system rejected a request, in words; `undefined` for every other error. */
export const fileProblem = (error: unknown): string | undefined => {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return MEANINGS[String(error.code)] ?? error.message;
};
