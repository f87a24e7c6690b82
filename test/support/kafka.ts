import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { resolveJars } from './kafka-broker.ts';
import { sharedServer } from './shared-servers.ts';

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
const PROGRAMS = 'java and mvn on the PATH';
const canStart = isOnPath('java') && isOnPath('mvn');
const inCi = process.env.CI === 'true';

/** Brokers for tests: those of KAFKA_BROKERS, or the shared one. */
export const testBrokers = async (): Promise<readonly string[]> =>
  givenBrokers ?? z.array(z.string()).parse(await sharedServer('kafka'));

/** Tests that need a Kafka, or one `ofItsOwn` to kill. Without one they are skipped with a message; in CI they fail. */
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
  const need = ofItsOwn ? PROGRAMS : `${PROGRAMS}, or KAFKA_BROKERS`;
  console.log(`SKIPPED: ${title}: this needs ${need}`);
  describe.skip(`${title} (needs ${need})`, define);
};

async function skipWithoutJars(this: Mocha.Context): Promise<void> {
  if (!canStart) throw new Error(`this needs ${PROGRAMS}`);
  try {
    await resolveJars();
  } catch (error) {
    if (inCi || !(error instanceof Error)) throw error;
    const suite = this.test?.parent;
    console.log(`SKIPPED: ${suite?.title}: ${error.message}`);
    // Its other hooks don't run either, because nothing was started.
    if (suite !== undefined) suite.pending = true;
    this.skip();
  }
}
