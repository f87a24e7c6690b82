import { existsSync } from 'node:fs';
import AxeBuilder from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { z } from 'zod';

export const CHROMIUM = '/usr/bin/chromium';
const NEED = `${CHROMIUM} (Debian: apt install chromium)`;
const isThere = existsSync(CHROMIUM);
/** Prevents network requests other than those of the page. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

const missing = (): never => {
  throw new Error(`this needs ${NEED}`);
};

/** Tests that need Debian's chromium. Without it they are skipped with a message; with CI=true they fail. */
export const describeInBrowser = (title: string, define: (this: Mocha.Suite) => void): void => {
  if (isThere) return void describe(title, define);
  if (process.env.CI === 'true') return void describe(title, () => it('runs', missing));
  console.log(`SKIPPED: ${title}: this needs ${NEED}`);
  describe.skip(`${title} (needs ${NEED})`, define);
};

export const launchBrowser = (): Promise<Browser> => chromium.launch({ executablePath: CHROMIUM, args: FLAGS });

const Results = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) })),
});

/**
 * What makes a page hard to use for some: each rule of axe-core that is broken, with the first place.
 * @param rules by default all
 */
export const barriersIn = async (page: Page, { rules }: { readonly rules?: readonly string[] } = {}) => {
  if (await page.evaluate("typeof axe === 'undefined'")) await page.evaluate(AxeBuilder.source);
  const options = { resultTypes: ['violations'], ...(rules && { runOnly: rules }) };
  const { violations } = Results.parse(await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`));
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
};

/** By how many pixels a page is wider than its window: then it has to be scrolled sideways. */
export const overflowOf = async (page: Page): Promise<number> =>
  z.number().parse(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
