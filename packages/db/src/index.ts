export {
  type AlertChannelInfo,
  type AlertInfo,
  type Alerts,
  type ChannelKind,
  channelKinds,
  type NewAlert,
} from "./alerts/channels.ts";
export type { AlertOutbox, DueDelivery } from "./alerts/outbox.ts";
export type { Aliases, AliasHistory, AliasInfo, AliasVersionInfo, NewAliasVersion } from "./aliases.ts";
export type { AuditEntry, AuditLog, AuditQuery, AuditRecord } from "./audit.ts";
export { type BackupSummary, type BackupWay, backupDatabase } from "./backup/backup.ts";
export { restoreDatabase } from "./backup/restore.ts";
export type { BatchChange, Batches, BatchInfo, BatchMove, NewBatch } from "./batches.ts";
export {
  Agreement,
  type AgreementKind,
  AgreementVersions,
  agreementAmounts,
  agreementIn,
  agreementKinds,
  agreementSetting,
  isWholeMonth,
  Month,
} from "./billing/agreement.ts";
export type {
  BudgetInfo,
  BudgetLimits,
  BudgetState,
  Budgets,
} from "./billing/budgets.ts";
export { currencySetting, DisplayCurrency } from "./billing/display-currency.ts";
export {
  type InvoiceInfo,
  type InvoiceKind,
  type InvoiceLine,
  invoiceKinds,
  invoiceTotals,
} from "./billing/invoice.ts";
export type { InvoiceComparison } from "./billing/invoice-comparison.ts";
export { type InvoiceState, invoiceMayBecome, invoiceStates, invoiceTransitions } from "./billing/invoice-states.ts";
export type { Invoices, NewInvoice } from "./billing/invoices.ts";
export {
  type NewPayment,
  type PaymentIndex,
  type PaymentInfo,
  type PaymentState,
  type Payments,
  paymentStates,
} from "./billing/payments.ts";
export { type NewPriceBook, type PriceBookInfo, type PriceBooks, PriceEntry } from "./billing/price-books.ts";
export type { BillComparison, BillLine, UpstreamBills } from "./billing/upstream-bills.ts";
export type { Watcher } from "./channel.ts";
export { type CommentInfo, type CommentKind, type Comments, commentKinds } from "./comments.ts";
export type {
  DatasetChange,
  DatasetInfo,
  Datasets,
  DatasetVersionInfo,
  Published,
  RowMoment,
} from "./datasets/datasets.ts";
export type { DiffCounts, DiffPage, RowChange } from "./datasets/diff.ts";
export {
  canonicalJson,
  type Example,
  exampleDigest,
  type Json,
  type NewExample,
  type SplitName,
  splitNames,
} from "./datasets/example.ts";
export type { VersionFacts } from "./datasets/facts.ts";
export type { ExampleSource, Publishing, RowEdit } from "./datasets/publish.ts";
export type { ExampleFilter, ExamplePage } from "./datasets/read.ts";
export {
  type DeploymentDevice,
  type DeploymentInfo,
  type DeploymentSettings,
  type Deployments,
  defaultDeployment,
} from "./deployments.ts";
export type {
  CollectionInfo,
  CollectionSize,
  DocumentCollections,
  DocumentInfo,
  NewDocument,
  NewPassage,
  Passage,
  PassageKey,
  PassageVector,
} from "./documents/documents.ts";
export type { EngineFacts, Engines } from "./engines.ts";
export { DatabaseError, type DatabaseErrorCode } from "./errors.ts";
export type {
  EvaluationInfo,
  EvaluationJson,
  EvaluationRowInfo,
  Evaluations,
  NewEvaluation,
  RowQuery,
} from "./evaluations/evaluations.ts";
export type { EvaluatorInfo, Evaluators } from "./evaluations/evaluators.ts";
export type { GuardInfo, Guards } from "./evaluations/guards.ts";
export type {
  EvaluationOutputInfo,
  EvaluationOutputs,
  EvaluationScoreInfo,
  NewEvaluationOutput,
} from "./evaluations/outputs.ts";
export type { NewReview, ReviewInfo, ReviewQueueInfo, Reviews } from "./evaluations/reviews.ts";
export type { FileInfo, FileQuery, Files } from "./files.ts";
export type { FlowInfo, FlowJson, FlowPlanInfo, Flows, FlowVersionInfo, NewFlowVersion } from "./flows/flows.ts";
export {
  type FlowRunInfo,
  type FlowRunState,
  type FlowRuns,
  type FlowStepEnd,
  type FlowStepInfo,
  type FlowStepState,
  flowRunStates,
} from "./flows/runs.ts";
export { type JobInfo, type JobProgress, jobProgress } from "./jobs/info.ts";
export type { JobQuery, Jobs, NewJob } from "./jobs/jobs.ts";
export type { ClaimedJob, JobChange, JobRun, JobRuns, JobsAtWork, JobWatcher, Undelivered } from "./jobs/runs.ts";
export { canBecome, isOver, type JobState, jobStates, jobTransitions } from "./jobs/transitions.ts";
export type { KeyWatcher } from "./key-changes.ts";
export { type ApiKeyInfo, type ApiKeys, hashKey, type KeyChanges, type NewApiKey, type VerifiedKey } from "./keys.ts";
export type { InvitationInfo, MemberInfo, Members, NewInvitation, OpenInvitation, Role } from "./members.ts";
export type { MeteringStore } from "./metering.ts";
export { type LifeStage, lifeStages, type ModelLife, type ModelLives } from "./model-lives.ts";
export type { CatalogModel, ModelFile, ModelSpeed, Models, NewModel } from "./models.ts";
export { type Database, type OpenOptions, openDatabase } from "./open.ts";
export type { Home, OrganizationInfo, OrganizationScope } from "./organization.ts";
export type { AccountTables, Credentials, Membership, People, SessionInfo } from "./people.ts";
export type { PlaygroundShare, PlaygroundShares } from "./playground-shares.ts";
export type { ProjectInfo, Projects } from "./projects.ts";
export { type LabelMove, moveStates } from "./prompt-moves.ts";
export type { NewLabelMove, NewPromptVersion, PromptInfo, Prompts, PromptVersionInfo } from "./prompts.ts";
export type { KeptResponse, Responses } from "./responses.ts";
export type { Settings, SettingValue } from "./settings.ts";
export { type AliasPlan, type AliasTarget, aliasPlan, aliasTarget, targetKey, targetsOf } from "./targets.ts";
export type {
  NewTaskMeasurement,
  NewTaskPlanning,
  PlannerRecordInfo,
  TaskLiveInfo,
  TaskMeasurementInfo,
  TaskPlanningDetail,
  TaskPlanningInfo,
  TaskPlannings,
} from "./task-plannings.ts";
export type {
  NewRelease,
  NewTaskVersion,
  ServedTask,
  TaskInfo,
  TaskPlanInfo,
  TaskReleaseInfo,
  Tasks,
  TaskVersionInfo,
} from "./tasks.ts";
export { type Feedback, type FeedbackInfo, type FeedbackKind, feedbackKinds } from "./traces/feedback.ts";
export type { TraceDetail, TraceFilter, TracePage, Traces } from "./traces/queries.ts";
export type { TraceStore } from "./traces/store.ts";
export {
  type KeptTrace,
  type SpanAttributes,
  type SpanInfo,
  type TraceBody,
  type TraceInfo,
  type TraceStatus,
  traceStatuses,
} from "./traces/trace.ts";
export type { NewTuningRun, TuningRunDetail, TuningRunInfo, TuningRuns } from "./tuning-runs.ts";
export type {
  SealedSecret,
  SealFor,
  UpstreamInfo,
  UpstreamSettings,
  Upstreams,
  UpstreamTest,
} from "./upstreams.ts";
export { type ServingChange, servingChangeKinds } from "./usage/changes.ts";
export {
  type BudgetPeriod,
  type BudgetScope,
  budgetPeriods,
  budgetScopes,
  type UsageDimensions,
  type UsageEvent,
  type UsageHour,
  type UsagePeriod,
  type UsageStatus,
  usageStatuses,
} from "./usage/event.ts";
export type { Ingested } from "./usage/ingest.ts";
export { spanOf, subjectsOf } from "./usage/periods.ts";
export type { Usage, UsageRange, UsageTokens } from "./usage/queries.ts";
export type { DayDifference, Reconciliation, ReconciliationDifference, RecordedSums } from "./usage/reconcile.ts";
export {
  type DeliveryAttempt,
  type DeliveryState,
  deliveryStates,
  type WebhookDeliveryInfo,
  type WebhookEndpointInfo,
  type WebhookMessage,
  type Webhooks,
} from "./webhooks/webhooks.ts";
