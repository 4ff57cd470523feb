// Packages the desktop app: AppImage and deb, dmg, nsis. Only the target's own native libraries go along.

/** The other systems' builds inside packages that bring all of them. */
const foreign = [
  '!node_modules/onnxruntime-node/bin/*/!(${platform})/**',
  '!node_modules/onnxruntime-node/bin/*/${platform}/!(${arch})/**',
  '!node_modules/onnxruntime-node/script/**',
  '!node_modules/better-sqlite3/{deps,src,binding.gyp}',
  '!node_modules/better-sqlite3/prebuilds/!(${platform}-${arch}.node)',
  '!node_modules/node-linux-*/**',
];

export default {
  appId: 'org.ovis.studio',
  productName: 'Ovis Studio',
  copyright: 'Apache-2.0',
  directories: { output: 'dist', buildResources: 'resources/app' },
  files: ['out/main/**', 'out/preload/**', 'out/renderer/**', 'package.json', '!**/*.{map,md,d.ts,d.mts,d.cts,ts,mts}', ...foreign],
  extraResources: [{ from: 'resources/models/toybox', to: 'models/toybox' }, { from: 'resources/app/examples', to: 'examples' }],
  asar: true,
  // Libraries that the system's loader opens must lie as files.
  asarUnpack: ['node_modules/onnxruntime-node/bin/**', 'node_modules/better-sqlite3/prebuilds/**', 'node_modules/@img/**'],
  // Every native package brings builds that fit any Node and any Electron.
  npmRebuild: false,
  nodeGypRebuild: false,
  publish: null,
  electronFuses: {
    runAsNode: false,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    enableCookieEncryption: true,
    grantFileProtocolExtraPrivileges: false,
  },
  fileAssociations: [{ ext: 'ovis', name: 'Ovis Studio project', mimeType: 'application/x-ovis-studio', role: 'Editor' }],
  linux: { target: ['AppImage', 'deb'], category: 'Graphics', executableName: 'ovis-studio', icon: 'resources/app/icon.png', maintainer: 'Ovis Studio' },
  deb: { depends: ['libgtk-3-0', 'libnss3', 'libasound2'] },
  mac: { target: ['dmg'], category: 'public.app-category.graphics-design', icon: 'resources/app/icon.png', darkModeSupport: true },
  win: { target: ['nsis'], icon: 'resources/app/icon.png' },
  nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true, deleteAppDataOnUninstall: false },
};
