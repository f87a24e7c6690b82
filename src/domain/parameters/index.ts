export {
  type KnownNames,
  NO_NAMES,
  namesValue,
  secretsIn,
  staticText,
  type TemplateError,
  templateErrors,
} from './check.ts';
export { ParameterRejected } from './rejected.ts';
export {
  fillValue,
  nothingFilled,
  type ParameterContext,
  type ResolvedParameter,
  resolveTemplate,
} from './resolve.ts';
export { parseTemplate } from './template.ts';
