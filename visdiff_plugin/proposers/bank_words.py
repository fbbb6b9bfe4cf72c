"""The words behind the built-in bank of phrases; comma-separated lists."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(part.split()) for part in text.split(",") if part.strip()))


#: how a picture was made; each stands before "of a dog"
STYLES = _words("""
    photo, photograph, black-and-white photo, vintage photo, sepia photo, polaroid photo,
    film photo, studio photo, product photo, stock photo, amateur photo, passport photo,
    close-up photo, macro photo, infrared photo, double exposure photo, painting, oil painting,
    watercolor painting, acrylic painting, abstract painting, impressionist painting,
    expressionist painting, cubist painting, pop art painting, surrealist painting,
    realist painting, renaissance painting, folk art painting, fresco, drawing, pencil drawing,
    charcoal drawing, ink drawing, chalk drawing, crayon drawing, line drawing, child's drawing,
    colored pencil drawing, pastel drawing, sketch, black-and-white sketch, pencil sketch,
    rough sketch, cartoon, cartoon drawing, comic strip, comic book illustration, caricature,
    anime illustration, manga page, illustration, digital illustration, vector illustration,
    flat illustration, children's book illustration, concept art, digital art, pixel art,
    3D render, computer-generated image, video game screenshot, low-poly render, clip art, logo,
    icon, emoji, sticker, stencil, silhouette, engraving, etching, woodcut, linocut, print,
    screen print, poster, movie poster, album cover, postcard, stamp, collage, mosaic,
    stained glass window, tapestry, embroidery, tattoo, graffiti, mural, sculpture,
    marble statue, bronze statue, wooden carving, clay figure, origami figure, toy figure,
    plush toy, paper cutout, sand sculpture, doodle, diagram, blueprint, map, chart, infographic,
    scan, x-ray image, thermal image, satellite image, microscope image, security camera image
""")

#: what a style is crossed with
STYLE_SUBJECTS = _words("""
    person, woman, man, child, face, crowd, dog, cat, horse, bird, fish, elephant, giraffe,
    lion, insect, flower, tree, landscape, mountain, beach, house, city, street, room, car,
    train, boat, airplane, bicycle, guitar, food, fruit, chair, bottle, toy, shoe
""")

ANIMALS = _words("""
    dog, cat, puppy, kitten, horse, foal, cow, calf, bull, sheep, lamb, goat, pig, donkey, camel,
    llama, deer, moose, elk, antelope, zebra, giraffe, elephant, rhinoceros, hippopotamus, lion,
    tiger, leopard, cheetah, bear, polar bear, panda, wolf, fox, raccoon, squirrel, rabbit, hare,
    mouse, rat, hamster, hedgehog, beaver, otter, seal, dolphin, whale, shark, fish, goldfish,
    ray, octopus, jellyfish, crab, lobster, snail, turtle, tortoise, lizard, snake, crocodile,
    frog, monkey, gorilla, chimpanzee, kangaroo, koala, bat, bird, songbird, parrot, owl, eagle,
    hawk, vulture, pigeon, crow, seagull, duck, goose, swan, chicken, rooster, turkey, peacock,
    flamingo, ostrich, penguin, pelican, heron, woodpecker, hummingbird, butterfly, moth, bee,
    wasp, ant, beetle, ladybug, dragonfly, fly, grasshopper, spider, caterpillar, worm, scorpion
""")

ANIMAL_ACTIONS = _words("""
    running, walking, standing, sitting, lying down, sleeping, jumping, eating, drinking,
    swimming, playing, looking at the camera, with its mouth open, carrying something in its mouth
""")

ANIMAL_PLACES = _words("""
    on grass, in snow, in water, on a beach, in a forest, on a road, on a rock, on a branch,
    on a couch, on a bed, behind a fence, in a cage, on a leash, in the sky, on a plain background
""")

PEOPLE = _words("""
    person, man, woman, boy, girl, child, toddler, baby, teenager, old man, old woman, couple,
    family, two people, two men, two women, two children, three people, group of people,
    group of children, crowd of people, large crowd, mother with a child, father with a child,
    bride, groom, soldier, police officer, firefighter, doctor, nurse, chef, waiter, farmer,
    fisherman, construction worker, businessman, student, teacher, athlete, dancer, musician,
    singer, painter, clown, monk, cowboy, pirate, king, queen, superhero, person in costume,
    person in uniform, bearded man, bald man, blond woman, red-haired woman, man with glasses,
    woman with long hair, person with a backpack, person with an umbrella, person with a camera,
    person with a phone, person in a wheelchair, person with a tattoo, nobody
""")

#: who does things, lives in places and wears clothes
ACTORS = _words("person, man, woman, boy, girl, child, couple, group of people")

ACTIVITIES = _words("""
    walking, running, jogging, jumping, standing, sitting, lying down, sleeping, climbing,
    rock climbing, hiking, dancing, singing, laughing, smiling, crying, shouting, talking,
    whispering, kissing, hugging, holding hands, waving, pointing, clapping, praying, meditating,
    practicing yoga, doing a handstand, stretching, exercising, lifting weights, boxing,
    wrestling, fighting, fencing, swimming, diving, surfing, kayaking, rowing, sailing, fishing,
    skiing, snowboarding, ice skating, sledding, skateboarding, roller skating, cycling,
    riding a bicycle, riding a motorcycle, riding a horse, driving a car, playing soccer,
    playing basketball, playing baseball, playing tennis, playing golf, playing volleyball,
    playing football, playing hockey, playing rugby, playing cricket, playing chess,
    playing cards, playing video games, playing guitar, playing piano, playing violin,
    playing drums, playing a trumpet, playing in sand, playing in water, playing with a ball,
    playing with a dog, playing on a swing, sliding down a slide, throwing a ball,
    catching a ball, kicking a ball, flying a kite, blowing bubbles, eating, drinking, cooking,
    baking, grilling, serving food, shopping, selling at a market, cleaning, washing, ironing,
    sewing, knitting, painting, drawing, writing, reading, studying, giving a speech,
    presenting, working on a computer, using a phone, taking a photo, taking a selfie, filming,
    watching television, listening to music, building, digging, gardening, farming, harvesting,
    chopping wood, repairing, welding, carrying a bag, carrying a child, pushing a stroller,
    pulling a cart, waiting, queueing, marching, protesting, celebrating, getting married,
    blowing out candles, opening presents, camping, sitting by a fire, having a picnic,
    sunbathing, brushing teeth, combing hair, putting on makeup, shaving, bathing,
    looking at the camera, looking away, posing for a photo, crossing a street,
    riding on a train, boarding an airplane, performing on stage, performing a stunt,
    falling, crawling, balancing, splashing
""")

CLOTHES = _words("""
    t-shirt, shirt, blouse, sweater, hoodie, jacket, leather jacket, coat, raincoat, vest, suit,
    tuxedo, tie, dress, evening gown, wedding dress, skirt, jeans, shorts, swimsuit, bikini,
    wetsuit, sports jersey, uniform, military uniform, lab coat, apron, robe, kimono, sari,
    traditional costume, hat, cap, helmet, hard hat, hood, headscarf, turban, crown, mask,
    face paint, glasses, sunglasses, goggles, scarf, gloves, boots, sneakers, high heels,
    necklace, earrings, wristwatch, backpack, life jacket
""")

COLORS = _words("""
    red, orange, yellow, green, blue, purple, pink, brown, black, white, gray, gold, silver,
    turquoise, beige
""")

#: what a color is crossed with
COLORED = _words("""
    background, wall, sky, floor, shirt, dress, hat, jacket, car, truck, bus, train, boat,
    bicycle, house, door, flower, bird, dog, cat, horse, butterfly, ball, chair, couch, umbrella,
    bag, balloon, bottle, cup, sign, light, fabric, hair, leaves, fruit
""")

OBJECTS = _words("""
    car, sports car, vintage car, taxi, truck, pickup truck, van, bus, school bus, motorcycle,
    scooter, bicycle, tricycle, train, steam locomotive, subway train, tram, airplane, jet,
    helicopter, hot air balloon, rocket, drone, boat, sailboat, ship, canoe, ferry, submarine,
    tractor, bulldozer, crane, fire truck, ambulance, police car, tank, horse carriage, cart,
    wheelbarrow, stroller, wheelchair, wheel, tire, engine, road sign, stop sign, traffic light,
    street lamp, parking meter, fire hydrant, mailbox, trash can, bench, fence, gate, wall,
    door, window, staircase, ladder, escalator, elevator, roof, chimney, balcony, column, arch,
    flag, banner, billboard, clock, clock tower, statue, fountain, tent, playground, swing, slide,
    chair, armchair, couch, table, desk, bed, crib, wardrobe, bookshelf, cupboard, drawer, mirror,
    lamp, chandelier, candle, curtain, carpet, pillow, blanket, vase, picture frame, painting on
    a wall, plant pot, fireplace, radiator, fan, air conditioner, refrigerator, oven, stove,
    microwave, toaster, kettle, coffee maker, dishwasher, washing machine, sink, bathtub, shower,
    toilet, towel, soap, toothbrush, hairbrush, hairdryer, comb, razor, perfume bottle, lipstick,
    plate, bowl, cup, mug, glass, wine glass, bottle, beer bottle, jar, can, jug, teapot, pan,
    pot, knife, fork, spoon, chopsticks, cutting board, basket, box, cardboard box, barrel,
    bucket, bag, plastic bag, paper bag, suitcase, backpack, handbag, wallet, purse, umbrella,
    hat, shoe, boot, sandal, sock, glove, tie, belt, necklace, ring, watch, glasses, mask,
    computer, laptop, keyboard, computer mouse, monitor, television, remote control, phone,
    smartphone, tablet, camera, tripod, microphone, speaker, headphones, radio, printer,
    projector, calculator, battery, cable, light bulb, flashlight, robot, book, open book,
    newspaper, magazine, notebook, letter, envelope, pen, pencil, paintbrush, scissors, ruler,
    stapler, tape, hammer, screwdriver, saw, wrench, drill, axe, shovel, rake, rope, chain, hook,
    nail, screw, lock, key, magnifying glass, microscope, telescope, compass, globe, map, test
    tube, syringe, stethoscope, pill bottle, bandage, thermometer, scale, guitar, electric guitar,
    violin, cello, piano, drum, drum kit, trumpet, saxophone, flute, harp, accordion, ball,
    soccer ball, basketball, football, baseball, tennis ball, golf ball, baseball bat,
    tennis racket, hockey stick, skateboard, surfboard, ski, snowboard, sled, kite, frisbee,
    balloon, doll, teddy bear, toy car, puzzle, dice, playing cards, chessboard, trophy, medal,
    gift, christmas tree, christmas lights, pumpkin, snowman, firework, campfire, gun, sword,
    shield, bow and arrow, skull, skeleton, cross, coin, banknote, diamond, feather, bone, shell,
    stone, brick, log, plank, pipe, barbed wire, net, hose, pump, solar panel, wind turbine
""")

FOODS = _words("""
    food, plate of food, meal, breakfast, salad, soup, sandwich, burger, hot dog, pizza, pasta,
    noodles, rice, sushi, curry, steak, roast chicken, grilled meat, bacon, sausage, fish dish,
    seafood, shrimp, fried egg, cheese, bread, baguette, bagel, croissant, pretzel, pancakes,
    waffles, cake, birthday cake, wedding cake, cupcakes, pie, cookies, donut, chocolate, candy,
    ice cream, popcorn, french fries, potato, tomato, carrot, broccoli, cucumber, pepper, onion,
    corn, mushroom, lettuce, cabbage, pumpkin, apple, banana, orange, lemon, strawberry, berries,
    grapes, cherries, pineapple, watermelon, mango, pomegranate, nuts, honey, coffee, tea, juice,
    milk, beer, wine, cocktail, smoothie, water bottle
""")

PLANTS = _words("""
    tree, bare tree, palm tree, pine tree, blossoming tree, bush, hedge, grass, tall grass, moss,
    fern, leaves, fallen leaves, autumn leaves, flower, rose, tulip, sunflower, daisy, lily,
    orchid, dandelion, bouquet of flowers, field of flowers, cactus, bamboo, ivy, seaweed, coral,
    mushrooms, houseplant, vegetable garden, orchard, vineyard, wheat field, corn field, rice
    paddy, tree trunk, roots, branch, seeds
""")

SCENES = _words("""
    beach, sandy beach, rocky coast, cliff, sea, ocean waves, underwater scene, coral reef, lake,
    pond, river, stream, waterfall, swamp, harbor, pier, lighthouse, island, mountain,
    snowy mountain, hill, valley, canyon, cave, volcano, desert, sand dunes, savanna, grassland,
    meadow, field, farm, barn, forest, pine forest, jungle, park, garden, backyard, lawn,
    playground, path, dirt road, highway, street, city street, narrow alley, crosswalk, sidewalk,
    intersection, bridge, tunnel, parking lot, gas station, garage, train station, subway
    station, airport, bus stop, railway tracks, construction site, factory, warehouse, power
    plant, mine, quarry, landfill, ruins, castle, palace, temple, church, cathedral, mosque,
    pagoda, cemetery, monument, museum, art gallery, library, school, classroom, laboratory,
    hospital, operating room, office, meeting room, store, supermarket, shopping mall, market,
    street market, bakery, restaurant, cafe, bar, kitchen, dining room, living room, bedroom,
    bathroom, hallway, attic, basement, hotel room, balcony, courtyard, swimming pool, gym,
    sports field, soccer field, baseball field, basketball court, tennis court, golf course,
    stadium, ski slope, ice rink, skate park, race track, amusement park, zoo, aquarium, circus,
    theater, concert stage, nightclub, cinema, campsite, village, suburb, skyline, skyscraper,
    apartment building, wooden house, brick house, hut, igloo, greenhouse, windmill, water tower,
    outer space, starry sky, cloudy sky, clear blue sky, snowy landscape, frozen lake, glacier,
    indoor scene, outdoor scene, rural scene, urban scene, crowded place, empty place
""")

#: scenes that are crossed with weather, time, light and viewpoint
WIDE_SCENES = _words("""
    beach, sea, lake, river, mountain, hill, desert, field, forest, park, garden, road, street,
    city, bridge, harbor, village, house, building, landscape
""")

#: what people and vehicles are seen in
PLACES = _words("""
    on a beach, in the sea, in a lake, in a river, in a swimming pool, in a forest, in a field,
    on grass, in a park, in a garden, on a mountain, on a rock, on a cliff, in snow, on ice, in a
    desert, on a street, on a sidewalk, on a road, on a bridge, in a city, in front of a
    building, in front of a wall, on stairs, in a kitchen, in a living room, in a bedroom, in a
    bathroom, in an office, in a classroom, in a restaurant, in a store, at a market, on a stage,
    in a stadium, on a sports field, in a gym, in a playground, in a car, on a bus, on a train,
    on a boat, at a party, at a wedding, in a studio
""")

WEATHER = _words("""
    in the rain, in fog, in mist, in snowfall, in a storm, under storm clouds, under a cloudy sky,
    under a clear blue sky, in bright sunshine, in strong wind, in a sandstorm, in smoke
""")

TIMES = _words("""
    at sunrise, at sunset, at dusk, at night, in daylight, at noon, at golden hour, in moonlight,
    in spring, in summer, in autumn, in winter
""")

LIGHT = _words("""
    bright image, dark image, overexposed image, underexposed image, backlit subject, silhouette
    against the light, soft light, harsh light, dramatic lighting, low-key lighting, high-key
    lighting, warm light, cold light, neon light, candlelight, spotlight, flash photography,
    strong shadows, long shadows, lens flare, sun rays, reflections in water, reflections in
    glass, light trails, glowing lights, dappled light, fluorescent lighting, indoor lighting,
    natural light, city lights at night, dim room, sunlit room
""")

VIEWS = _words("""
    close-up, extreme close-up, macro view, portrait, full-body portrait, profile view, side
    view, front view, back view, view from behind, view from above, aerial view, bird's-eye
    view, drone view, satellite view, view from below, low-angle view, ground-level view, wide-angle
    view, panoramic view, fisheye view, view through a window, view through a fence, view from
    a car, view from a boat, first-person view, over-the-shoulder view, selfie, group portrait,
    headshot, cropped subject, subject cut off at the edge, small subject far away, subject
    filling the frame, centered subject, off-center subject, symmetrical composition, tilted
    horizon, cluttered scene, minimal composition, empty space around the subject, shallow depth
    of field, blurred background, plain background, white background, black background, gradient
    background, transparent background, repeating pattern, diagonal lines, square image, tall
    vertical image, wide horizontal image
""")

QUALITY = _words("""
    sharp image, blurry image, out-of-focus image, motion blur, camera shake, grainy image, noisy
    image, low-resolution image, pixelated image, image with compression artifacts, high-contrast
    image, low-contrast image, faded colors, washed-out colors, vivid colors, muted colors,
    pastel colors, saturated colors, monochrome image, black-and-white image, sepia tone,
    color cast, blue tint, green tint, yellow tint, red tint, warm colors, cold colors, vignette,
    image with a border, image with a white frame, image with a black frame, rounded corners,
    scratched old photo, torn paper, stained paper, damaged image, image with dust, double
    image, distorted image, image with glitches, edited photo, photo filter, cut-out object,
    pasted object, upside-down image, mirrored image, split image, grid of images, before and
    after comparison, photo of a screen, photo of a page, photo of a photo
""")

TEXT = _words("""
    text, large text, small text, handwritten text, printed text, text in a foreign language,
    Chinese characters, Arabic text, Cyrillic text, numbers, date stamp, time stamp, watermark,
    logo in the corner, copyright notice, website address, caption below the picture, speech
    bubble, title, headline, quote, meme with text, price tag, barcode, QR code, label, brand
    logo, signature, road sign with text, shop sign, neon sign, newspaper page, book page, book
    cover, magazine cover, advertisement, leaflet, menu, ticket, receipt, form, table of numbers,
    bar chart, line chart, pie chart, flow chart, math formula, sheet music, source code,
    screenshot of a website, screenshot of an app, user interface, blackboard with writing,
    whiteboard with writing, license plate, jersey number, name tag, arrow, red circle around an
    object, bounding box, ruler for scale
""")

COUNTS = _words("two, three, four, five, several, many, a row of, a pile of, a group of")

#: what is counted
COUNTED = _words("""
    people, men, women, children, faces, hands, dogs, cats, horses, cows, sheep, birds, fish,
    elephants, giraffes, insects, trees, flowers, leaves, houses, buildings, windows, cars,
    trucks, buses, bicycles, motorcycles, boats, airplanes, chairs, tables, books, bottles, cups,
    plates, shoes, balls, toys, lights, signs, flags, umbrellas, guitars, fruits, vegetables,
    stones, boxes, coins
""")

TEXTURES = _words("""
    wood, metal, rusty metal, glass, plastic, stone, brick, concrete, marble, sand, gravel, mud,
    dirt, ice, snow, water, bubbles, foam, fire, smoke, steam, clouds, fur, feathers, scales,
    leather, wool, fabric, lace, silk, paper, cardboard, stripes, polka dots, checkered pattern,
    floral pattern, camouflage pattern, geometric pattern, spiral, cracks, spots, shiny surface,
    wet surface, dusty surface, rough surface, smooth surface, transparent object, round object,
    long thin object, spiky object
""")

FACES = _words("""
    smiling face, laughing face, sad face, angry face, surprised face, serious face, crying face,
    closed eyes, open mouth, eyes, hands, hand holding an object, pointing finger, raised arms,
    crossed arms, bare feet, bare chest, long hair, curly hair, short hair, beard, mustache,
    wrinkled skin, dark skin, pale skin, freckles, makeup, piercing, scar, muscular body
""")

MOODS = _words("""
    happy mood, sad mood, scary mood, peaceful scene, romantic scene, funny scene, chaotic scene,
    mysterious scene, festive scene, religious scene, historical scene, futuristic scene, fantasy
    scene, science fiction scene, war scene, crime scene, accident, natural disaster, flood,
    wildfire, demolished building, sports competition, race, parade, protest, festival, concert,
    wedding, birthday party, funeral, graduation, halloween, christmas, traffic jam, picnic
""")
