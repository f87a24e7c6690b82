/** Whether a name has addresses could not be found out. */
export class NameUnresolved extends Error {
  override readonly name = 'NameUnresolved';
  readonly code = 'EAI_AGAIN';
  constructor(hostname: string, cause: unknown) {
    super(`${hostname} could not be resolved just now`, { cause });
  }
}
