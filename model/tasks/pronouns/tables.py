"""The word tables of the pronoun task, English and French, to be read and added to; see lexicon.

A star before a French word marks an h that does not elide (le hérisson).
"""

# English: French. A noun that is not counted has ~ in front.
NOUNS = {
    ("animal", "m"): """
        animal: animal, dog: chien, cat: chat, horse: cheval, rabbit: lapin, bear: ours, fox: renard,
        lion: lion, elephant: éléphant, bird: oiseau, sheep: mouton, pig: cochon, duck: canard, wolf: loup,
        tiger: tigre, monkey: singe, donkey: âne, deer: cerf, squirrel: écureuil, snake: serpent,
        zebra: zèbre, camel: chameau, hedgehog: *hérisson, puppy: chiot, kitten: chaton, parrot: perroquet,
        crocodile: crocodile, eagle: aigle, rat: rat, pony: poney, bull: taureau, lizard: lézard""",
    ("animal", "f"): """
        cow: vache, mouse: souris, turtle: tortue, goat: chèvre, frog: grenouille, giraffe: girafe,
        chicken: poule, owl: chouette, ant: fourmi, bee: abeille, spider: araignée, panther: panthère,
        otter: loutre, goose: oie, whale: baleine""",
    ("vehicle", "m"): """
        truck: camion, bus: bus, train: train, bike: vélo, boat: bateau, plane: avion, tractor: tracteur,
        taxi: taxi, tram: tramway, helicopter: hélicoptère, scooter: scooter, ship: navire""",
    ("vehicle", "f"): """
        car: voiture, bicycle: bicyclette, van: camionnette, motorcycle: moto, ambulance: ambulance,
        jeep: jeep, cart: charrette, sled: luge, caravan: caravane""",
    ("way", "m"): """
        bridge: pont, path: sentier, tunnel: tunnel, boulevard: boulevard, sidewalk: trottoir,
        crossroads: carrefour""",
    ("way", "f"): """
        street: rue, road: route, avenue: avenue, highway: autoroute, trail: piste, alley: ruelle,
        footbridge: passerelle, driveway: allée, square: place""",
    ("water", "m"): """
        canal: canal, stream: ruisseau, lake: lac, swamp: marais, pond: étang""",
    ("water", "f"): """
        river: rivière, bay: baie, lagoon: lagune""",
    ("place", "m"): """
        garden: jardin, park: parc, village: village, zoo: zoo,
        corridor: couloir, field: champ, desert: désert, harbor: port, orchard: verger""",
    ("place", "f"): """
        kitchen: cuisine, city: ville, forest: forêt, cave: grotte, cellar: cave, meadow: prairie,
        valley: vallée, courtyard: cour, room: pièce""",
    ("ground", "m"): """
        balcony: balcon, roof: toit, platform: quai""",
    ("ground", "f"): """
        beach: plage, island: île, terrace: terrasse, mountain: montagne, hill: colline""",
    ("building", "m"): """
        castle: château, museum: musée, hotel: hôtel, hospital: hôpital, palace: palais, theater: théâtre,
        shop: magasin, temple: temple, mill: moulin, stadium: stade, restaurant: restaurant,
        cinema: cinéma, garage: garage, lighthouse: phare""",
    ("building", "f"): """
        house: maison, school: école, tower: tour, church: église, factory: usine, farm: ferme, barn: grange,
        library: bibliothèque, station: gare, cabin: cabane, cathedral: cathédrale, villa: villa,
        prison: prison, bakery: boulangerie""",
    ("container", "m"): """
        bag: sac, basket: panier, drawer: tiroir, bucket: seau, chest: coffre, cupboard: placard, jar: bocal,
        bowl: bol, barrel: tonneau, fridge: réfrigérateur, backpack: sac à dos, wallet: portefeuille,
        glass: verre, case: étui""",
    ("container", "f"): """
        box: boîte, suitcase: valise, bottle: bouteille, cup: tasse, crate: caisse, pocket: poche,
        envelope: enveloppe, closet: armoire, saucepan: casserole, pot: marmite, cage: cage,
        teapot: théière, pitcher: cruche, briefcase: mallette""",
    ("object", "m"): """
        trophy: trophée, book: livre, ball: ballon, vase: vase, phone: téléphone, computer: ordinateur,
        piano: piano, painting: tableau, mirror: miroir, umbrella: parapluie, knife: couteau, hat: chapeau,
        coat: manteau, toy: jouet, violin: violon, drum: tambour, helmet: casque, pillow: oreiller,
        sofa: canapé, bed: lit, desk: bureau, necklace: collier, hammer: marteau, carpet: tapis, pen: stylo,
        robot: robot""",
    ("object", "f"): """
        table: table, lamp: lampe, chair: chaise, guitar: guitare, clock: horloge, statue: statue, key: clé,
        shirt: chemise, doll: poupée, blanket: couverture, sculpture: sculpture, ring: bague, watch: montre,
        radio: radio, television: télévision, printer: imprimante, ladder: échelle, candle: bougie,
        tent: tente, flute: flûte, trumpet: trompette, plate: assiette, spoon: cuillère, stone: pierre""",
    ("food", "m"): """
        cake: gâteau, ~bread: pain, ~cheese: fromage, egg: œuf, sandwich: sandwich, melon: melon,
        cookie: biscuit, ~rice: riz, lemon: citron, onion: oignon, mushroom: champignon, yogurt: yaourt,
        ~honey: miel, pineapple: ananas, apricot: abricot, fish: poisson, steak: steak, ~chocolate: chocolat,
        ~butter: beurre""",
    ("food", "f"): """
        apple: pomme, soup: soupe, carrot: carotte, banana: banane, pear: poire, salad: salade, pizza: pizza,
        tomato: tomate, strawberry: fraise, pie: tarte, ~meat: viande, sausage: saucisse, pancake: crêpe,
        peach: pêche, nut: noix, pumpkin: citrouille, mango: mangue, cherry: cerise, omelette: omelette,
        potato: pomme de terre""",
}  # fmt: skip

# English (= in front: all or nothing, never "too") | masculine | feminine | kinds. Without kinds: only where
# a verb lists it as a cue.
CUES = """
    tired | fatigué | fatiguée | animal
    hungry | affamé | affamée | animal
    scared | effrayé | effrayée | animal
    afraid | apeuré | apeurée | animal
    thirsty | assoiffé | assoiffée | animal
    sleepy | somnolent | somnolente | animal
    sick | malade | malade | animal
    lazy | paresseux | paresseuse | animal
    nervous | nerveux | nerveuse | animal
    curious | curieux | curieuse | animal
    angry | fâché | fâchée | animal
    injured | blessé | blessée | animal
    exhausted | épuisé | épuisée | animal
    shy | timide | timide | animal
    brave | courageux | courageuse | animal
    sad | triste | triste | animal
    happy | heureux | heureuse | animal
    anxious | inquiet | inquiète | animal
    excited | excité | excitée | animal
    greedy | gourmand | gourmande | animal
    clever | malin | maligne | animal
    stubborn | têtu | têtue | animal
    jealous | jaloux | jalouse | animal
    playful | joueur | joueuse | animal
    fast | rapide | rapide | vehicle
    slow | lent | lente | vehicle
    rusty | rouillé | rouillée | vehicle
    noisy | bruyant | bruyante | vehicle way place ground
    =overloaded | surchargé | surchargée | vehicle
    =late | en retard | en retard | vehicle
    =faulty | défectueux | défectueuse | vehicle object
    wide | large | large | way water
    narrow | étroit | étroite | way water
    busy | fréquenté | fréquentée | way
    flooded | inondé | inondée | way place
    slippery | glissant | glissante | way ground
    =icy | verglacé | verglacée | way
    steep | raide | raide | way ground
    muddy | boueux | boueuse | way water place ground
    winding | sinueux | sinueuse | way
    bumpy | cahoteux | cahoteuse | way
    dusty | poussiéreux | poussiéreuse | way object
    snowy | enneigé | enneigée | way place ground
    foggy | brumeux | brumeuse | way water place ground
    dangerous | dangereux | dangereuse | way water place ground
    =blocked | bloqué | bloquée | way
    deep | profond | profonde | water
    =frozen | gelé | gelée | water
    polluted | pollué | polluée | water place ground
    dark | sombre | sombre | way place building
    crowded | bondé | bondée | vehicle place building ground
    quiet | calme | calme | way water place ground
    sunny | ensoleillé | ensoleillée | way place ground
    deserted | désert | déserte | way place building ground
    dirty | sale | sale | way water place container object ground
    =closed | fermé | fermée | way building container
    full | plein | pleine | container building
    empty | vide | vide | container building
    =open | ouvert | ouverte | container building
    =locked | verrouillé | verrouillée | container building
    =cracked | fêlé | fêlée | container
    =sealed | scellé | scellée | container
    =leaky | percé | percée | container
    heavy | lourd | lourde | vehicle container object
    =broken | cassé | cassée | vehicle container object
    fragile | fragile | fragile | container object
    expensive | cher | chère | vehicle building container object
    valuable | précieux | précieuse | object
    ugly | laid | laide | building container object
    useless | inutile | inutile | container object
    shiny | brillant | brillante | object
    wobbly | bancal | bancale | object
    =new | neuf | neuve | vehicle container object
    rotten | pourri | pourrie | food
    delicious | délicieux | délicieuse | food
    sweet | sucré | sucrée | food
    salty | salé | salée | food
    hot | chaud | chaude | food
    cold | froid | froide | food water
    =burnt | brûlé | brûlée | food
    spicy | épicé | épicée | food
    sour | acide | acide | food
    =raw | cru | crue | food
    bitter | amer | amère | food
    tasty | savoureux | savoureuse | food
    greasy | gras | grasse | food
    moldy | moisi | moisie | food
    fresh | frais | fraîche | food
    bland | fade | fade | food
    crunchy | croustillant | croustillante | food
    ripe | mûr | mûre | food
    dry | sec | sèche | food
    tall | haut | haute | building
    =ruined | délabré | délabrée | building
    =haunted | hanté | hantée | building
    =abandoned | abandonné | abandonnée | building
    modern | moderne | moderne | building
    luxurious | luxueux | luxueuse | building
    big | grand | grande |
    large | grand | grande |
    huge | énorme | énorme |
    small | petit | petite |
    tiny | minuscule | minuscule |
    old | vieux | vieille |
    young | jeune | jeune |
    weak | faible | faible |
    strong | fort | forte |
    light | léger | légère |
    long | long | longue |
    short | court | courte |
    thick | épais | épaisse |
    bulky | encombrant | encombrante |
"""

# English past | present | French past | present | subjunctive | kinds
PHRASES = """
    wanted to sleep | wants to sleep | voulait dormir | veut dormir | veuille dormir | animal
    needed a rest | needs a rest | avait besoin de repos | a besoin de repos | ait besoin de repos | animal
    felt ill | feels ill | se sentait mal | se sent mal | se sente mal | animal
    had already eaten | has already eaten | avait déjà mangé | a déjà mangé | ait déjà mangé | animal
    feared the noise | fears the noise | craignait le bruit | craint le bruit | craigne le bruit | animal
    liked to play | likes to play | aimait jouer | aime jouer | aime jouer | animal
    had a flat tire | has a flat tire | avait un pneu crevé | a un pneu crevé | ait un pneu crevé | vehicle
    had no fuel | has no fuel | n'avait pas de carburant | n'a pas de carburant | n'ait pas de carburant | vehicle
    had bad brakes | has bad brakes | avait de mauvais freins | a de mauvais freins | ait de mauvais freins | vehicle
    was under repair | is under repair | était en travaux | est en travaux | soit en travaux | way
    was covered with ice | is covered with ice | était couvert{e} de glace | est couvert{e} de glace | soit couvert{e} de glace | way water
    had a strong current | has a strong current | avait un fort courant | a un fort courant | ait un fort courant | water
    was full of people | is full of people | était plein{e} de monde | est plein{e} de monde | soit plein{e} de monde | place building
    had no lid | has no lid | n'avait pas de couvercle | n'a pas de couvercle | n'ait pas de couvercle | container
    was full of sand | is full of sand | était plein{e} de sable | est plein{e} de sable | soit plein{e} de sable | container
    was made of marble | is made of marble | était en marbre | est en marbre | soit en marbre | object
    cost too much | costs too much | coûtait trop cher | coûte trop cher | coûte trop cher | object
    smelled bad | smells bad | sentait mauvais | sent mauvais | sente mauvais | food
    needed salt | needs salt | manquait de sel | manque de sel | manque de sel | food
    tasted awful | tastes awful | avait mauvais goût | a mauvais goût | ait mauvais goût | food
    was on fire | is on fire | était en feu | est en feu | soit en feu | building
    had no windows | has no windows | n'avait pas de fenêtres | n'a pas de fenêtres | n'ait pas de fenêtres | building
"""  # noqa: E501

# English base, past, participle if different, particle or preposition in brackets
# | French infinitive, present, participle (+ = goes with être) or = imperfect, preposition in brackets
# | subjects > objects | cues that mean the subject > cues that mean the object
VERBS = """
    cross crossed | traverser traverse traversé | animal vehicle > way water place ground | old weak slow small heavy > big large long
    follow followed | suivre suit suivi | animal > way vehicle | >
    leave left | quitter quitte quitté | animal vehicle > way place ground building | >
    avoid avoided | éviter évite évité | animal vehicle > way water place ground building | >
    reach reached | atteindre atteint atteint | animal vehicle > way water place ground building | >
    block blocked | bloquer bloque bloqué | vehicle object > way | >
    explore explored | explorer explore exploré | animal > way place ground building | >
    enter entered | entrer entre +entré (dans) | animal > place building | >
    visit visited | visiter visite visité | animal > place ground building | >
    climb climbed | escalader escalade escaladé | animal > building ground | >
    open opened | ouvrir ouvre ouvert | animal > container | >
    knock knocked (over) | renverser renverse renversé | animal vehicle > container object | >
    break broke broken | casser casse cassé | animal > container object | >
    carry carried | porter porte porté | animal > container object food | >
    transport transported | transporter transporte transporté | vehicle > container object food | >
    push pushed | pousser pousse poussé | animal > vehicle container object | >
    pull pulled | tirer tire tiré | animal > vehicle container object | >
    lift lifted | soulever soulève soulevé | animal > container object food | >
    move moved | déplacer déplace déplacé | animal > container object | >
    drop dropped | lâcher lâche lâché | animal > container object food | >
    pick picked (up) | ramasser ramasse ramassé | animal > container object food | >
    find found | trouver trouve trouvé | animal > container object food building | >
    see saw seen | voir voit vu | animal > vehicle container object food building | >
    watch watched | regarder regarde regardé | animal > vehicle building | >
    hear heard | entendre entend entendu | animal > vehicle | >
    touch touched | toucher touche touché | animal > container object food | >
    smell smelled | renifler renifle reniflé | animal > object food | >
    lick licked | lécher lèche léché | animal > container object food | >
    steal stole stolen | voler vole volé | animal > object food | >
    hide hid hidden | cacher cache caché | animal > object food | >
    bury buried | enterrer enterre enterré | animal > object food | >
    scratch scratched | griffer griffe griffé | animal > vehicle container object | >
    bite bit bitten | mordre mord mordu | animal > object food | >
    eat ate eaten | manger mange mangé | animal > food | >
    taste tasted | goûter goûte goûté | animal > food | >
    swallow swallowed | avaler avale avalé | animal > object food | >
    finish finished | finir finit fini | animal > food | >
    want wanted | vouloir veut =voulait | animal > container object food | >
    like liked | aimer aime =aimait | animal > food place building object | >
    chase chased | poursuivre poursuit poursuivi | animal > vehicle | >
    stop stopped | arrêter arrête arrêté | animal > vehicle | >
    catch caught | attraper attrape attrapé | animal > object food | >
    hit hit | *heurter *heurte heurté | vehicle > object building | >
    pass passed | dépasser dépasse dépassé | vehicle > building | >
    damage damaged | abîmer abîme abîmé | vehicle object > container building | >
    fit fit (in) | rentrer rentre =rentrait (dans) | object food container > container vehicle | big large huge tall wide long thick bulky > small narrow tiny full
    fit fit (into) | rentrer rentre =rentrait (dans) | object food container > container | big large huge tall wide long thick > small narrow tiny full
    fall fell fallen (into) | tomber tombe +tombé (dans) | object food > container | >
    stay stayed (in) | rester reste +resté (dans) | animal > place building | >
    return returned (to) | retourner retourne +retourné (à) | animal vehicle > place building | >
    contain contained | contenir contient =contenait | container > object food | small narrow > big large
    protect protected | protéger protège protégé | container > object food | >
    lead led (to) | mener mène =menait (à) | way > place building | >
    overlook overlooked | dominer domine =dominait | building > way water place ground | >
    stain stained | tacher tache taché | food > object container | >
    destroy destroyed | détruire détruit détruit | animal vehicle > container object building | >
    guard guarded | garder garde gardé | animal > container food building | >
"""  # noqa: E501

# Verbs without an object, to which a place may be added.
ALONE = """
    sleep slept | dormir dort dormi | animal
    run ran run | courir court couru | animal
    jump jumped | sauter saute sauté | animal
    arrive arrived | arriver arrive +arrivé | animal vehicle
    stop stopped | freiner freine freiné | vehicle
    fall fell fallen | tomber tombe +tombé | animal object container
    break broke broken (down) | caler cale calé | vehicle
    explode exploded | exploser explose explosé | vehicle
    burn burned | brûler brûle brûlé | vehicle building
"""

# English | masculine | masculine before a vowel | feminine | kinds; the first group stands before the noun.
BEFORE = """
    old | vieux | vieil | vieille | animal vehicle way place building container object
    little | petit | petit | petite | any
    big | gros | gros | grosse | animal vehicle container object food
    large | grand | grand | grande | way water place building
    beautiful | beau | bel | belle | animal vehicle way water place building container object
    new | nouveau | nouvel | nouvelle | vehicle way place building container object
    young | jeune | jeune | jeune | animal
"""
BEHIND = """
    white | blanc | blanc | blanche | animal vehicle building container object
    black | noir | noir | noire | animal vehicle container object
    red | rouge | rouge | rouge | vehicle container object
    blue | bleu | bleu | bleue | vehicle container object
    green | vert | vert | verte | vehicle container object
    brown | brun | brun | brune | animal container object
    strange | étrange | étrange | étrange | any
    famous | célèbre | célèbre | célèbre | way water place building
"""
