import { expect } from 'chai';
import fc from 'fast-check';
import {
  type ParameterContext,
  ParameterRejected,
  parseTemplate,
  resolveTemplate,
} from '../../../../src/domain/parameters/index.ts';

const context: ParameterContext = {
  atMs: Date.parse('2026-02-04T14:30:05.678Z'),
  timezone: 'UTC',
  variables: new Map([
    ['HOST', 'api.example.com'],
    ['TRICK', '${secret:KEY} $& $1 ${T:YYYY}'],
    ['constructor', 'own'],
  ]),
  secrets: new Map([['KEY', 's3cr3t']]),
};
const fill = (text: string, changes: Partial<ParameterContext> = {}): string =>
  resolveTemplate(parseTemplate(text), { ...context, ...changes }).text;
const rejection = (text: string): ParameterRejected => {
  try {
    fill(text);
  } catch (error) {
    if (error instanceof ParameterRejected) return error;
    throw error;
  }
  throw new Error(`${text} was taken`);
};

describe('parameters: reading a template', () => {
  for (const [text, expected] of [
    ['${T:YYYY-MM-DD}', '2026-02-04'],
    ['${T:YYYY-MM-DDTHH:mm:ss}', '2026-02-04T14:30:05'],
    ['${T:YYYY-MM-DDTHH:mm:ss.SSSZ}', '2026-02-04T14:30:05.678+00:00'],
    ['${T:HH:mm:ss}', '14:30:05'],
    ['${T:YYYYMMDDHHmmssSSS}', '20260204143005678'],
    ['${T:YY/M/D H:m:s}', '26/2/4 14:30:5'],
    ['${T:X}.${T:x}', '1770215405.1770215405678'],
    ['${T:[Day] D [of] MM}', 'Day 4 of 02'],
    ['${T:YYYYTHH[T]}', '2026T14T'],
    ['${T:[yyyy]}', 'yyyy'],
    ['${T:[]YYYY[YYYY]]}', '2026YYYY]'],
    ['${T-7:YYYY-MM-DD}', '2026-01-28'],
    ['${T+30:YYYY-MM-DD}', '2026-03-06'],
    ['${T-2h:HH:mm}', '12:30'],
    ['${T+15m:HH:mm}', '14:45'],
    ['${T+30s:ss}', '35'],
    ['${T-1M:YYYY-MM}', '2026-01'],
    ['${T+1y:YYYY}', '2027'],
    ['${T-1w:MM-DD}', '01-28'],
    ['${T+1d:DD}', '05'],
    ['https://${HOST}/x?d=${T:DD}&h=${HOST}', 'https://api.example.com/x?d=04&h=api.example.com'],
    ['Bearer ${secret:KEY}', 'Bearer s3cr3t'],
    ['${constructor}', 'own'],
    ['nothing to fill in: $ { } $T {T:YYYY}', 'nothing to fill in: $ { } $T {T:YYYY}'],
    ['$${T:YYYY} ${T:YYYY}', '${T:YYYY} 2026'],
    ['$$${HOST}', '$${HOST}'],
    ['$${', '${'],
    ['', ''],
  ] as const) {
    it(`${text} is ${expected}`, () => {
      expect(fill(text)).to.equal(expected);
    });
  }

  it('never reads again what it filled in', () => {
    expect(fill('${TRICK}|${TRICK}')).to.equal('${secret:KEY} $& $1 ${T:YYYY}|${secret:KEY} $& $1 ${T:YYYY}');
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, value) => {
        const around = before.replaceAll('$', '').replaceAll('{', '');
        const variables = new Map([['V', value]]);
        expect(fill(`${around}\${V}${around}`, { variables })).to.equal(around + value + around);
      }),
    );
  });

  it('takes any text, escaped, as it is', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('${', '}', '$', 'T', ':', 'a', '{')), (parts) => {
        const text = parts.join('').replace(/\$+(?=\{)/g, '$');
        expect(fill(text.replaceAll('${', () => '$${'))).to.equal(text);
      }),
    );
  });

  for (const [text, expression] of [
    ['${UNKNOWN}', '${UNKNOWN}'],
    ['${secret:UNKNOWN}', '${secret:UNKNOWN}'],
    ['${toString}', '${toString}'],
    ['${T}', '${T}'],
    ['${T-1}', '${T-1}'],
    ['${T:}', '${T:}'],
    ['${T-1q:YYYY}', '${T-1q:YYYY}'],
    ['${T-1D:YYYY}', '${T-1D:YYYY}'],
    ['${T - 1:YYYY}', '${T - 1:YYYY}'],
    ['${T--1:YYYY}', '${T--1:YYYY}'],
    ['${T-1.5:YYYY}', '${T-1.5:YYYY}'],
    ['${T+100001:YYYY}', '${T+100001:YYYY}'],
    ['${T:MMM}', '${T:MMM}'],
    ['${T:YYYYY}', '${T:YYYYY}'],
    ['${T:SS}', '${T:SS}'],
    ['${T:yyyy-mm-dd}', '${T:yyyy-mm-dd}'],
    ['${T:YYYY-MM-dd}', '${T:YYYY-MM-dd}'],
    ['${T:hh:mm}', '${T:hh:mm}'],
    ['${T:DD.MM.YYYY at HH}', '${T:DD.MM.YYYY at HH}'],
    ['${T:YYYY-MM-DDTT}', '${T:YYYY-MM-DDTT}'],
    ['${T:YYYY-MM-DDT}', '${T:YYYY-MM-DDT}'],
    ['${T:TDD}', '${T:TDD}'],
    ['${T:DD T HH}', '${T:DD T HH}'],
    ['${T:ZZ}', '${T:ZZ}'],
    ['${T:[open}', '${T:[open}'],
    ['${}', '${}'],
    ['${ HOST }', '${ HOST }'],
    ['${1A}', '${1A}'],
    ['${secret:}', '${secret:}'],
    ['${secret:a b}', '${secret:a b}'],
    ['${Secret:KEY}', '${Secret:KEY}'],
    ['x ${HOST', '${'],
    ['${a${HOST}}', '${'],
  ] as const) {
    it(`${text} is rejected`, () => {
      const rejected = rejection(text);
      expect(rejected.code).to.equal('BAD_PARAMETER');
      expect(rejected.expression).to.equal(expression);
      expect(rejected.message).to.match(/^\$\{.*: /);
    });
  }

  it('rejects what is long in a short time', () => {
    for (const text of ['${'.repeat(500_000), '${1}'.repeat(300_000), `\${T:${'['.repeat(500_000)}}`]) {
      expect(rejection(text).code).to.equal('BAD_PARAMETER');
    }
  }).timeout(500);

  it('does not fill in without end', () => {
    const variables = new Map([['V', 'x'.repeat(100_000)]]);
    expect(() => fill('${V}'.repeat(41), { variables })).to.throw(
      ParameterRejected,
      '${V}: the inserted values have more than',
    );
    expect(fill('${V}'.repeat(40), { variables })).to.have.length(4_000_000);
  });

  it('states which field was meant by letters of the other case, and how to keep them', () => {
    expect(rejection('${T:yyyy-mm-dd}').message).to.match(
      /yyyy is not a format field .*; did you mean YYYY\? .* write \[yyyy\]$/,
    );
    expect(rejection('${T:YYYY-MM-dd}').message).to.contain('did you mean DD?');
    expect(rejection('${T:QQ}').message).not.to.contain('did you mean');
  });

  it('hints at the format that a bare T lacks', () => {
    expect(rejection('${T-1}').message).to.contain('${T-1:YYYY-MM-DD}');
  });

  it('states what was filled in, each expression once, a secret masked', () => {
    const { resolved, secretsUsed } = resolveTemplate(
      parseTemplate('${T:DD}${T:DD}${HOST}${secret:KEY}${secret:KEY}'),
      context,
    );
    const at = '2026-02-04T14:30:05.678Z';
    expect(resolved).to.deep.equal([
      { expression: '${T:DD}', value: '04', at },
      { expression: '${HOST}', value: 'api.example.com', at },
      { expression: '${secret:KEY}', value: '***', at },
    ]);
    expect(secretsUsed).to.deep.equal(['s3cr3t']);
  });
});
