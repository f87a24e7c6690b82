type Requirement = {
  /** The oldest version of Node, such as `20` or `22.18`. */
  readonly version: string;
  /** What requires it, such as `@carillon/client`. */
  readonly by: string;
};

/**
 * Checks the version of Node. Other hosts, such as browsers, pass.
 * @throws Error with one sentence for an older Node
 */
export const requireNode = ({ version, by }: Requirement, current = nodeVersion()): void => {
  if (current === undefined || order(current) >= order(version)) return;
  throw new Error(`${by} needs Node ${version} or newer, but this is Node ${current}.`);
};

/** Minor versions stay below 1000. */
const order = (version: string): number => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major * 1_000 + minor;
};

/** `process` is looked up by name, because browsers have none. */
const nodeVersion = (): string | undefined => {
  const version: unknown = Reflect.get(globalThis, 'process')?.versions?.node;
  return typeof version === 'string' ? version : undefined;
};
