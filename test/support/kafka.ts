import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { type Broker, resolveJars, startBroker } from './kafka-broker.ts';

export { type Broker, startBroker } from './kafka-broker.ts';

/** Whether a program can be run by this name. */
export const isOnPath = (program: string): boolean =>
  (process.env.PATH ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

const givenBrokers = process.env.KAFKA_BROKERS?.split(',');
const canStart = isOnPath('java') && isOnPath('mvn');
const inCi = process.env.CI === 'true';

let shared: Promise<Broker> | undefined;

/** Brokers for tests: those of KAFKA_BROKERS, else one that the first call of a run starts. */
export const testBrokers = async (): Promise<readonly string[]> => {
  if (givenBrokers !== undefined) return givenBrokers;
  shared ??= startBroker();
  return (await shared).brokers;
};

/** Called once after the run. */
export const stopTestBroker = async (): Promise<void> => {
  const started = shared;
  shared = undefined;
  await (await started?.catch(() => undefined))?.stop();
};

/** Maven may have to download. */
const FETCH_MS = 120_000;

/** Tests that need a Kafka, any one, or one `ofItsOwn` to kill. Where there is none they are skipped aloud, in CI they fail. */
export const describeKafka = (
  title: string,
  define: (this: Mocha.Suite) => void,
  { ofItsOwn = false }: { ofItsOwn?: boolean } = {},
): void => {
  const isGiven = givenBrokers !== undefined && !ofItsOwn;
  if (canStart || inCi || isGiven) {
    describe(title, function () {
      if (!isGiven) before(skipWithoutJars);
      define.call(this);
    });
    return;
  }
  const need = ofItsOwn ? 'java and mvn on the PATH' : 'java and mvn on the PATH, or KAFKA_BROKERS';
  console.log(`SKIPPED: ${title}: this needs ${need}`);
  describe.skip(`${title} (needs ${need})`, define);
};

async function skipWithoutJars(this: Mocha.Context): Promise<void> {
  this.timeout(FETCH_MS);
  try {
    await resolveJars();
  } catch (error) {
    if (inCi || !(error instanceof Error)) throw error;
    console.log(`SKIPPED: ${this.test?.parent?.title}: ${error.message}`);
    this.skip();
  }
}
