// Commands that are carried out for an erased tenant too: they end what is left of it, or concern no tenant's things.
export { releaseEngines } from './engines/release-engines.ts';
export { startEngine } from './engines/start-engine.ts';
export { completeExecution } from './executions/complete-execution.ts';
export { heartbeatExecution } from './executions/heartbeat-execution.ts';
export { endSession } from './sessions/end-sessions.ts';
export { eraseTenant } from './tenants/erase-tenant.ts';
