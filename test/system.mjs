/**
 * What the tests need from the system: a Vulkan driver for Dawn in Node (Mesa's lavapipe, else the SwiftShader that comes with
 * Chromium) and Chromium. Found, or on Debian installed, or the one line that says what to install.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const lavapipeFiles = [
  '/usr/share/vulkan/icd.d/lvp_icd.json',
  '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json',
  '/usr/share/vulkan/icd.d/lvp_icd.aarch64.json',
];
const chromiumFiles = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
];
const swiftshaderFiles = ['/usr/lib/chromium/vk_swiftshader_icd.json', '/opt/google/chrome/vk_swiftshader_icd.json'];

const first = (files) => files.find((file) => existsSync(file)) ?? null;

/** Runs a command; its output is shown only when it fails. */
function quiet(command, args) {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (result.status !== 0) console.error(`${command} ${args.join(' ')}:\n${result.stdout ?? ''}${result.stderr ?? ''}`);
  return result.status === 0;
}

const canInstall = () => process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

/** Debian's codename and major version, or null elsewhere. */
function debian() {
  if (!existsSync('/etc/os-release')) return null;
  const fields = Object.fromEntries(
    readFileSync('/etc/os-release', 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => line.replaceAll('"', '').split('=')),
  );
  return fields.ID === 'debian' ? fields.VERSION_CODENAME : null;
}

/** Debian 12's own Mesa has no usable lavapipe for Dawn; its backports suite has. Uses the mirror that the system already uses. */
function enableBackports(codename) {
  const directory = '/etc/apt/sources.list.d';
  const texts = [`/etc/apt/sources.list`, ...readdirSync(directory).map((name) => `${directory}/${name}`)]
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8'));
  if (texts.some((text) => text.includes(`${codename}-backports`))) return;
  const mirror = texts.join('\n').match(/https?:\/\/\S+\/debian\/?(?=\s)/)?.[0];
  if (mirror) writeFileSync(`${directory}/bitcurve-backports.list`, `deb ${mirror} ${codename}-backports main\n`);
}

export function findSystem() {
  let lavapipe = first(lavapipeFiles);
  let chromium = process.env.CHROMIUM ?? first(chromiumFiles);
  if ((!lavapipe || !chromium) && canInstall()) {
    const codename = debian();
    console.log(
      'Installing what the tests need: ' +
        [!lavapipe && 'mesa-vulkan-drivers', !chromium && 'chromium'].filter(Boolean).join(', '),
    );
    if (!lavapipe && codename === 'bookworm') enableBackports(codename);
    quiet('apt-get', ['update', '-qq']);
    if (!lavapipe) {
      const suite = codename === 'bookworm' ? ['-t', 'bookworm-backports'] : [];
      quiet('apt-get', ['install', '-y', '-qq', ...suite, 'mesa-vulkan-drivers', 'libvulkan1']);
    }
    if (!chromium) quiet('apt-get', ['install', '-y', '-qq', 'chromium']);
    lavapipe = first(lavapipeFiles);
    chromium = first(chromiumFiles);
  }
  const driver = lavapipe ?? first(swiftshaderFiles);
  if (!driver && process.platform === 'linux') {
    console.error(
      'The tests need a Vulkan driver: install mesa-vulkan-drivers (Debian 12: from the backports suite) and libvulkan1.',
    );
    process.exit(1);
  }
  if (!chromium) {
    console.error(
      'The page tests need Chromium: install the package chromium, or set CHROMIUM to a Chrome or Chromium binary.',
    );
    process.exit(1);
  }
  if (!lavapipe && driver) console.log(`No lavapipe here: Dawn runs on SwiftShader (${driver}).`);
  return { chromium, driver, env: { CHROMIUM: chromium, ...(driver ? { VK_ICD_FILENAMES: driver } : {}) } };
}
