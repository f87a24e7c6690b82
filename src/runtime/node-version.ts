type Requirement = {
  /** The oldest major version of Node. */
  readonly major: number;
  /** What requires it, such as `carillon/client`. */
  readonly by: string;
};

/**
 * Checks the version of Node. Other hosts, such as browsers, pass.
 * @throws Error with one sentence for an older Node
 */
export const requireNode = ({ major, by }: Requirement, version = nodeVersion()): void => {
  if (version === undefined || Number.parseInt(version, 10) >= major) return;
  throw new Error(`${by} needs Node ${major} or newer, but this is Node ${version}.`);
};

/** `process` is looked up by name, because browsers have none. */
const nodeVersion = (): string | undefined => {
  const version: unknown = Reflect.get(globalThis, 'process')?.versions?.node;
  return typeof version === 'string' ? version : undefined;
};
