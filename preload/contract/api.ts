/** THE contract: every call that a page or script can make. Both ends meet here. */
import { eventIterator, oc } from '@orpc/contract';
import { z } from 'zod';
import {
  appendInputSchema, canvasCapabilitiesSchema, canvasStateSchema, canvasSubmitSchema, controlMapInputSchema, exportLayersSchema, exportPictureSchema, importProjectSchema,
  maskFilterInputSchema, maskInfoSchema, recompositeInputSchema, smartSelectInputSchema, snapshotInputSchema, stagedSchema, storedPictureSchema,
} from './canvas.ts';
import { countSchema, hashSchema, idSchema, nameSchema, textSchema } from './common.ts';
import { errorMap, failureSchema } from './errors.ts';
import { jobEventSchema, resumeSchema, studioEventSchema } from './events.ts';
import { exportInputSchema, galleryCountsSchema, galleryFilterSchema, savedSearchSchema, searchInputSchema, searchPageSchema, timelineSchema } from './gallery.ts';
import { generateInputSchema, jobRequestSchema, precisionSchema, providerSchema } from './generation.ts';
import { hubSourceChangeSchema, hubSourceSchema, installPlanSchema, installSchema, modelIdSchema, planInputSchema, verifyReportSchema } from './models.ts';
import {
  batchInputSchema, batchRecordSchema, estimateSchema, expansionSchema, jobFilterSchema, jobRecordSchema, moveInputSchema, queueStatusSchema, submitInputSchema,
} from './jobs.ts';
import {
  assetInfoSchema, chatSchema, chatSummarySchema, generationSchema, lineageSchema, openProjectSchema, projectSchema, sendInputSchema, turnSchema,
} from './project.ts';
import { modelPrecisionsSchema, packingSchema } from './precisions.ts';
import { draftSchema } from './draft.ts';
import { engineStatusSchema, exampleSchema, modelEntrySchema, providersStateSchema, settingsChangeSchema, settingsSchema, systemInfoSchema } from './system.ts';

const opt = z.exactOptional;
const call = oc.errors(errorMap);

const nothing = z.void();
const blob = z.instanceof(Blob);
const byId = z.strictObject({ id: idSchema });
const byModel = z.strictObject({ modelId: modelIdSchema });
const byJob = z.strictObject({ jobId: idSchema });
/** Many at once, in one transaction; ids that are gone are passed over. */
const ids = z.strictObject({ ids: z.array(idSchema).min(1).max(10_000) });

export const contract = {
  system: {
    info: call.output(systemInfoSchema),
    engine: call.output(engineStatusSchema),
    /** Ends the engine process now and frees its memory; a running job becomes interrupted. */
    stopEngine: call.output(nothing),
    /** What is known of this machine's providers; nothing is tested by asking. */
    providers: call.output(providersStateSchema),
    /** Tests one in a process of its own, also one that crashed before. */
    testProvider: call.input(z.strictObject({ provider: providerSchema })).output(providersStateSchema),
    settings: call.output(settingsSchema),
    changeSettings: call.input(settingsChangeSchema).output(settingsSchema),
    /** What a person should hear about this start: a damaged history was set aside, say. */
    notices: call.output(z.array(failureSchema)),
    /** Shows the log or the data folder in the file manager of this machine; false where that cannot be done. */
    reveal: call.input(z.strictObject({ what: z.enum(['log', 'data']) })).output(z.object({ shown: z.boolean() })),
    /** Moves the data folder with the next start; null takes the wish back. REQUEST_INVALID unless the folder is new or empty and apart, DISK_FULL. */
    moveData: call.input(z.strictObject({ dir: z.string().min(1).max(4_096).nullable() })).output(nothing),
    /** Versions, settings, the last errors: text for a bug report, without prompts or pictures. */
    diagnostics: call.output(z.object({ text: z.string(), logFile: z.string().nullable() })),
  },
  events: {
    /** The studio's news, from where the page left off, else a snapshot first. Endless. */
    watch: call.input(z.strictObject({ resume: opt(resumeSchema) })).output(eventIterator(studioEventSchema)),
  },
  models: {
    list: call.output(z.array(modelEntrySchema)),
    /** Takes a checkpoint folder on this machine into the list, after checking it. */
    importFolder: call.input(z.strictObject({ dir: z.string().min(1) })).output(modelEntrySchema),
    /** Takes an imported one off the list; its files stay. */
    forget: call.input(z.strictObject({ modelId: z.string() })).output(nothing),
    source: call.output(hubSourceSchema),
    changeSource: call.input(hubSourceChangeSchema).output(hubSourceSchema),
    /** Asks the hub what a download would take. Fetches the list of files and config.json, and only when called. */
    plan: call.input(planInputSchema).output(installPlanSchema),
    /** Fetches it, or goes on with what is half here; returns once it has begun. Progress comes as `install` events, the end as `models`. */
    install: call.input(planInputSchema).output(installSchema),
    /** Downloads and checks under way, and those that can go on. */
    installs: call.output(z.array(installSchema)),
    pause: call.input(byModel).output(installSchema),
    /** Goes on with a download that is paused, interrupted or failed; damaged files are fetched again. */
    resume: call.input(byModel).output(installSchema),
    /** Ends it; what was fetched is removed unless `keepParts`. */
    cancel: call.input(byModel.extend({ keepParts: opt(z.boolean()) })).output(nothing),
    /** Removes a downloaded model's files. Its pictures stay, and it stays on the list as absent. */
    remove: call.input(byModel).output(nothing),
    /** In which precisions it can run here, and which of them is recommended. Plans and measures, so a large model takes seconds the first time. */
    precisions: call.input(byModel).output(modelPrecisionsSchema),
    /** Runs it in another precision from the next picture on, and packs its weights for that where they are not; null = as for all models. DISK_FULL. */
    choosePrecision: call.input(byModel.extend({ precision: precisionSchema.nullable() })).output(nothing),
    /** Packs its weights ahead; returns once it has begun. Progress comes as `packing` events, the end as `models`. DISK_FULL. */
    pack: call.input(byModel.extend({ precision: precisionSchema })).output(packingSchema),
    /** Stops packing; what is packed stays for the next time. */
    cancelPack: call.input(byModel).output(nothing),
    /** Removes the packed weights of a precision; out: the bytes that became free. */
    removePack: call.input(byModel.extend({ precision: precisionSchema })).output(z.object({ freedBytes: countSchema })),
    /** Reads every byte against the hub's sums. A model with other bytes is damaged from then on; `resume` fetches those files again. */
    verify: call.input(byModel).output(verifyReportSchema),
  },
  assets: {
    /** Stores a picture under its hash; the same bytes twice are one file. REQUEST_INVALID unless it can be decoded. */
    upload: call.input(z.strictObject({ file: blob })).output(assetInfoSchema),
    info: call.input(z.strictObject({ hash: hashSchema })).output(assetInfoSchema),
    /** The parameters that a picture carries inside, the studio's own or A1111-style. */
    parameters: call.input(z.strictObject({ hash: hashSchema })).output(
      z.object({ source: z.enum(['studio', 'a1111']).nullable(), request: generateInputSchema.nullable(), text: z.string().nullable() }),
    ),
  },
  projects: {
    list: call.output(z.array(projectSchema)),
    create: call.input(z.strictObject({ name: nameSchema })).output(projectSchema),
    rename: call.input(z.strictObject({ id: idSchema, name: nameSchema })).output(projectSchema),
    /** For writing where no other page does; with `takeOver`, that page reads from now on. */
    open: call.input(z.strictObject({ id: idSchema, pageId: idSchema, takeOver: opt(z.boolean()) })).output(openProjectSchema),
    /** `leaving`: the page goes, perhaps to be loaded anew; it has it back where no other opens it meanwhile. */
    close: call.input(z.strictObject({ id: idSchema, pageId: idSchema, leaving: opt(z.boolean()) })).output(nothing),
    /** What stands in its prompt and settings, for the next time it is opened. PROJECT_LOCKED unless this page writes the project. */
    keepDraft: call.input(z.strictObject({ id: idSchema, pageId: idSchema, draft: draftSchema })).output(nothing),
    /** Into the trash, its canvas and its generations with it. There is always one project left: an empty one is made for the last. */
    delete: call.input(byId).output(nothing),
    /** What lies in the trash, newest first; emptied along with the gallery's. */
    trashed: call.output(z.array(projectSchema)),
    restore: call.input(byId).output(projectSchema),
    /** The whole project as one `.ovis` file: canvas, waiting results, rows of the gallery, every picture that they name. */
    exportFile: call.input(byId).output(blob),
    /** Such a file → a new project. REQUEST_INVALID with `reason`, or CHECKSUM; then nothing was taken in. */
    importFile: call.input(importProjectSchema).output(projectSchema),
    /** The same with a file of this machine, of any size: written whole or not at all, read without a copy in memory. */
    saveTo: call.input(z.strictObject({ id: idSchema, path: z.string().min(1).max(4_096) })).output(z.object({ bytes: countSchema })),
    openFrom: call.input(z.strictObject({ path: z.string().min(1).max(4_096), name: opt(nameSchema) })).output(projectSchema),
  },
  canvas: {
    capabilities: call.output(canvasCapabilitiesSchema),
    /** Everything that a page needs to stand where the last one stood. Reading asks for no lock. */
    open: call.input(z.strictObject({ projectId: idSchema })).output(canvasStateSchema),
    /** On disk when it returns. PROJECT_LOCKED unless this page writes the project; REQUEST_INVALID with `expected` for a gap. An entry sent again unchanged is passed over. */
    append: call.input(appendInputSchema).output(z.object({ seq: countSchema })),
    /** The document as it stands after entry `seq`; older entries go. */
    snapshot: call.input(snapshotInputSchema).output(z.object({ seq: countSchema })),
    /** Prepares masks, fill and crop, and queues it; each result will wait on the canvas. */
    submit: call.input(canvasSubmitSchema).output(z.array(jobRecordSchema)),
    staged: call.input(z.strictObject({ projectId: idSchema })).output(z.array(stagedSchema)),
    /** Another blend or colour match of the same drawing, in place of the former. REQUEST_INVALID where there was no mask. */
    recomposite: call.input(recompositeInputSchema).output(stagedSchema),
    /** Accepted ones stay in the gallery as they were last composited; so do discarded ones. `waiting` takes it back. */
    settle: call.input(z.strictObject({ ids: z.array(idSchema).min(1).max(1_000), state: stagedSchema.shape.state })).output(z.array(stagedSchema)),
    /** Into the gallery as it stands, without accepting it. */
    keep: call.input(byId).output(generationSchema),
    /** Stored by its content: the same picture and settings give the same hash, without making it again. */
    controlMap: call.input(controlMapInputSchema).output(storedPictureSchema),
    /** Gets ready for clicks, on this picture where one is given: the first is then answered as soon as the next. */
    prepareSelect: call.input(z.strictObject({ hash: opt(hashSchema) })).output(nothing),
    /** The object that was clicked on, as a mask of the picture's size. */
    smartSelect: call.input(smartSelectInputSchema).output(maskInfoSchema),
    filterMask: call.input(maskFilterInputSchema).output(maskInfoSchema),
    exportPicture: call.input(exportPictureSchema).output(blob),
    exportLayers: call.input(exportLayersSchema).output(blob),
  },
  jobs: {
    /** Rows first, then work: what is answered here survives a crash. */
    submit: call.input(submitInputSchema).output(z.array(jobRecordSchema)),
    list: call.input(jobFilterSchema).output(z.array(jobRecordSchema)),
    get: call.input(byJob).output(jobRecordSchema),
    queue: call.output(queueStatusSchema),
    /** One job's events after `afterSeq` (default: its present state first), until it has ended. */
    follow: call.input(z.strictObject({ jobId: idSchema, afterSeq: opt(countSchema) })).output(eventIterator(jobEventSchema)),
    /** A waiting one at once, a running one after its step, without decoding. Jobs that have ended are passed over. */
    cancel: call.input(z.strictObject({ jobIds: z.array(idSchema).min(1).max(10_000) })).output(nothing),
    /** No job starts; the running one goes on. */
    pause: call.output(queueStatusSchema),
    resume: call.output(queueStatusSchema),
    move: call.input(moveInputSchema).output(jobRecordSchema),
    toFront: call.input(byJob).output(jobRecordSchema),
    /** The same request with the same seed, as a new job. */
    retry: call.input(byJob).output(jobRecordSchema),
    /** The same request with a new seed. */
    duplicate: call.input(byJob).output(jobRecordSchema),
    /** Takes ended jobs off the list; their pictures stay. */
    clear: call.input(z.strictObject({ jobIds: opt(z.array(idSchema).max(10_000)) })).output(nothing),
    /** What is known before anything runs: the time it will take, and what the model cannot know. */
    estimate: call.input(z.strictObject({ request: jobRequestSchema, modelId: opt(z.string()) })).output(estimateSchema),
  },
  batches: {
    create: call.input(batchInputSchema).output(z.object({ batch: batchRecordSchema, jobs: z.array(jobRecordSchema) })),
    expand: call.input(batchInputSchema).output(expansionSchema),
    list: call.output(z.array(batchRecordSchema)),
    get: call.input(byId).output(batchRecordSchema),
    cancel: call.input(byId).output(nothing),
  },
  gallery: {
    search: call.input(searchInputSchema).output(searchPageSchema),
    timeline: call.input(z.strictObject({ filter: opt(galleryFilterSchema) })).output(timelineSchema),
    counts: call.output(galleryCountsSchema),
    get: call.input(byId).output(generationSchema),
    star: call.input(ids.extend({ starred: z.boolean() })).output(nothing),
    tag: call.input(ids.extend({ add: z.array(nameSchema).max(100), remove: z.array(nameSchema).max(100) })).output(nothing),
    note: call.input(z.strictObject({ id: idSchema, note: textSchema })).output(nothing),
    moveToProject: call.input(ids.extend({ projectId: idSchema.nullable() })).output(nothing),
    trash: call.input(ids).output(nothing),
    restore: call.input(ids).output(nothing),
    /** Removes trashed rows for ever, and the files that nothing uses any more; without ids, the whole trash. */
    purge: call.input(z.strictObject({ ids: opt(z.array(idSchema).max(10_000)) })).output(z.object({ rows: countSchema, files: countSchema, bytes: countSchema })),
    /** Every parameter, ready to be submitted again. NOT_FOUND for a picture without parameters. */
    recall: call.input(byId).output(z.object({ request: generateInputSchema, modelId: z.string().nullable() })),
    /** Uploaded pictures become rows of the gallery; parameters inside them are read. */
    import: call
      .input(z.strictObject({ files: z.array(z.strictObject({ hash: hashSchema, name: z.string().max(500) })).min(1).max(1_000), projectId: opt(idSchema.nullable()) }))
      .output(z.array(generationSchema)),
    /** A folder of this machine, its pictures one by one; progress comes as gallery events. */
    importFolder: call
      .input(z.strictObject({ dir: z.string().min(1), projectId: opt(idSchema.nullable()) }))
      .output(z.object({ imported: countSchema, skipped: z.array(z.object({ name: z.string(), reason: z.string() })) })),
    export: call.input(exportInputSchema).output(blob),
    savedSearches: call.output(z.array(savedSearchSchema)),
    saveSearch: call.input(z.strictObject({ name: nameSchema, filter: galleryFilterSchema })).output(savedSearchSchema),
    forgetSearch: call.input(byId).output(nothing),
  },
  lineage: {
    /** What it came from and what came from it. */
    get: call.input(z.strictObject({ id: idSchema, depth: opt(z.int().min(1).max(1_000)), limit: opt(z.int().min(1).max(5_000)) })).output(lineageSchema),
  },
  ask: {
    chats: call.input(z.strictObject({ projectId: opt(idSchema) })).output(z.array(chatSummarySchema)),
    create: call.input(z.strictObject({ images: z.array(hashSchema).max(16), title: opt(nameSchema), projectId: opt(idSchema.nullable()) })).output(chatSchema),
    get: call.input(byId).output(chatSchema),
    rename: call.input(z.strictObject({ id: idSchema, title: nameSchema })).output(chatSummarySchema),
    delete: call.input(byId).output(nothing),
    /** Stores the question and queues its answer in the foreground; tokens arrive as events of the job. */
    send: call.input(sendInputSchema).output(z.object({ question: turnSchema, answer: turnSchema, job: jobRecordSchema })),
    /** What was said so far stays. */
    stop: call.input(z.strictObject({ chatId: idSchema })).output(nothing),
  },
  examples: {
    list: call.output(z.array(exampleSchema)),
  },
};

export type Contract = typeof contract;
