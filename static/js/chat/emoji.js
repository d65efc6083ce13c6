// The emoji that `:` completes: the ones people use in a chat at work and at home, under the names they know them by.

const LIST = `
smile 😄 grin 😁 joy 😂 rofl 🤣 slight_smile 🙂 wink 😉 blush 😊 innocent 😇 heart_eyes 😍 kiss 😘 yum 😋 tongue 😛
thinking 🤔 neutral 😐 expressionless 😑 smirk 😏 unamused 😒 roll_eyes 🙄 grimace 😬 relieved 😌 pensive 😔 sleepy 😪 sleeping 😴
mask 😷 sick 🤢 sneeze 🤧 hot 🥵 cold 🥶 dizzy 😵 mind_blown 🤯 cowboy 🤠 party_face 🥳 sunglasses 😎 nerd 🤓 confused 😕 worried 😟
open_mouth 😮 astonished 😲 flushed 😳 pleading 🥺 fearful 😨 cry 😢 sob 😭 scream 😱 tired 😫 yawn 🥱 angry 😠 rage 😡 swear 🤬
skull 💀 poop 💩 clown 🤡 ghost 👻 alien 👽 robot 🤖 salute 🫡 melting 🫠 shush 🤫 zipper 🤐 hug 🤗 facepalm 🤦 shrug 🤷
wave 👋 ok_hand 👌 pinch 🤏 v ✌️ crossed_fingers 🤞 metal 🤘 call_me 🤙 point_left 👈 point_right 👉 point_up 👆 point_down 👇
thumbsup 👍 +1 👍 thumbsdown 👎 -1 👎 fist ✊ punch 👊 clap 👏 raised_hands 🙌 heart_hands 🫶 handshake 🤝 pray 🙏 thanks 🙏 writing ✍️ muscle 💪
eyes 👀 brain 🧠 ear 👂 baby 👶 ninja 🥷 detective 🕵️ family 👪 footprints 👣
heart ❤️ orange_heart 🧡 yellow_heart 💛 green_heart 💚 blue_heart 💙 purple_heart 💜 black_heart 🖤 broken_heart 💔 sparkling_heart 💖 hundred 💯 boom 💥
dash 💨 zzz 💤 speech 💬 thought 💭 cat 🐱 dog 🐶 fox 🦊 bear 🐻 panda 🐼 unicorn 🦄 bee 🐝 bug 🐛 snail 🐌 turtle 🐢 octopus 🐙 duck 🦆 owl 🦉
tree 🌳 seedling 🌱 clover 🍀 rose 🌹 sunflower 🌻 sun ☀️ cloud ☁️ rain 🌧️ snow ❄️ rainbow 🌈 zap ⚡ fire 🔥 droplet 💧 ocean 🌊 earth 🌍 moon 🌙 star ⭐ sparkles ✨
apple 🍎 banana 🍌 avocado 🥑 bread 🍞 cheese 🧀 pizza 🍕 taco 🌮 burger 🍔 sushi 🍣 cookie 🍪 cake 🍰 birthday 🎂 popcorn 🍿 coffee ☕ tea 🍵 beer 🍺 cheers 🍻 wine 🍷 champagne 🍾
tada 🎉 party 🎉 gift 🎁 balloon 🎈 trophy 🏆 medal 🥇 soccer ⚽ bike 🚲 car 🚗 train 🚆 plane ✈️ rocket 🚀 ship 🚢 house 🏠 office 🏢 tent ⛺ mountain ⛰️ beach 🏖️
phone 📱 laptop 💻 keyboard ⌨️ printer 🖨️ camera 📷 tv 📺 bulb 💡 book 📖 books 📚 memo 📝 pencil ✏️ calendar 📅 chart 📈 pushpin 📌 paperclip 📎 scissors ✂️ lock 🔒 unlock 🔓 key 🔑
hammer 🔨 wrench 🔧 gear ⚙️ magnet 🧲 test_tube 🧪 package 📦 mailbox 📫 email 📧 bell 🔔 mute 🔕 megaphone 📣 mag 🔍 hourglass ⏳ alarm ⏰ money 💰 gem 💎 crown 👑
check ✅ x ❌ warning ⚠️ no_entry ⛔ stop 🛑 question ❓ exclamation ❗ plus ➕ recycle ♻️ red_circle 🔴 green_circle 🟢 white_flag 🏳️ checkered_flag 🏁 construction 🚧 ship_it 🚢 music 🎵 guitar 🎸 headphones 🎧 art 🎨 game 🎮 dice 🎲
`;

/** @type {Map<string, string>} */
export const EMOJI = new Map();
const words = LIST.trim().split(/\s+/);
for (let i = 0; i + 1 < words.length; i += 2) EMOJI.set(words[i], words[i + 1]);
