// Commands that are carried out for an erased tenant too: they end what is left of it, or concern no tenant's things.
export { releaseEngines } from './engine/release-engines.ts';
export { startEngine } from './engine/start-engine.ts';
export { completeExecution } from './execution/complete-execution.ts';
export { heartbeatExecution } from './execution/heartbeat-execution.ts';
export { endSession } from './session/end-sessions.ts';
export { eraseTenant } from './tenant/erase-tenant.ts';
