export {
  checkTemplates,
  type KnownNames,
  NO_NAMES,
  namesSecrets,
  namesValues,
  secretNames,
  secretPlaces,
  type TargetParts,
} from './check.ts';
export { ParameterRefused } from './refused.ts';
export { type ParameterContext, type ResolvedParameter, resolveTemplate } from './resolve.ts';
export { type ClearAuth, type ClearTask, type JsonValue, type ResolvedTask, resolveTask } from './task.ts';
export { parseTemplate } from './template.ts';
